#pragma once
/// \file
/// Convolution of each channel with its own filter: no sum over channels, so no matrix product. Vectorized over the
/// channels.

#include <algorithm>
#include <cstddef>

#include "gradus/kernels/convolution/shape.hpp"
#include "gradus/kernels/elementwise.hpp"

namespace gradus::kernels::depthwise {

/// Whether the numbers of groups, channels and filters are equal.
[[nodiscard]] inline bool serves(const convolution_shape& s) {
    return s.groups == s.channels && s.filters == s.channels;
}

/// Calls f(window in x, result in z) for every output pixel of a chunk of images.
template <class F>
void each_pixel(const convolution_shape& s, std::size_t images, F&& f) {
    for (std::size_t n = 0, pixel = 0; n < images; ++n)
        for (std::size_t i = 0; i < s.out.height; ++i)
            for (std::size_t j = 0; j < s.out.width; ++j, ++pixel)
                f(n * s.image() + s.window_at(i, j), pixel * s.filters);
}

/// z_c = b_c + Σ x_c W_c over the taps.                                                         [convolution.depthwise]
template <class T>
void forward(const convolution_shape& s, std::size_t images, const T* x, const T* W, const T* bias, T* z) {
    const std::size_t C = s.channels;
    each_pixel(s, images, [&](std::size_t window, std::size_t result) {
        for (std::size_t c = 0; c < C; c += width<T>) {
            reg<T> sum = load_at(bias, c, C);
            for (std::size_t u = 0, tap = 0; u < s.kernel.height; ++u)
                for (std::size_t v = 0; v < s.kernel.width; ++v, ++tap)
                    sum = xsimd::fma(load_at(x + window + s.tap_at(u, v), c, C), load_at(W + tap * C, c, C), sum);
            store_at(z + result, c, C, sum);
        }
    });
}

/// dW_c += Σ x_c dz_c over the pixels, for each tap, or dW = if `first`.                     [convolution.depthwise_dW]
template <class T>
void weights_gradient(const convolution_shape& s, std::size_t images, const T* x, const T* dz, T* dW, bool first) {
    const std::size_t C = s.channels;
    for (std::size_t u = 0, tap = 0; u < s.kernel.height; ++u)
        for (std::size_t v = 0; v < s.kernel.width; ++v, ++tap)
            for (std::size_t c = 0; c < C; c += width<T>) {
                reg<T> sum = first ? reg<T>(T(0)) : load_at(dW + tap * C, c, C);
                each_pixel(s, images, [&](std::size_t window, std::size_t result) {
                    sum = xsimd::fma(load_at(x + window + s.tap_at(u, v), c, C), load_at(dz + result, c, C), sum);
                });
                store_at(dW + tap * C, c, C, sum);
            }
}

/// dx_c = Σ dz_c W_c over the windows that read x_c.                                         [convolution.depthwise_dx]
template <class T>
void input_gradient(const convolution_shape& s, std::size_t images, const T* dz, const T* W, T* dx) {
    const std::size_t C = s.channels;
    std::fill_n(dx, images * s.image(), T(0));
    each_pixel(s, images, [&](std::size_t window, std::size_t result) {
        for (std::size_t c = 0; c < C; c += width<T>) {
            const reg<T> d = load_at(dz + result, c, C);
            for (std::size_t u = 0, tap = 0; u < s.kernel.height; ++u)
                for (std::size_t v = 0; v < s.kernel.width; ++v, ++tap) {
                    T* const to = dx + window + s.tap_at(u, v);
                    store_at(to, c, C, reg<T>(xsimd::fma(d, load_at(W + tap * C, c, C), load_at<T>(to, c, C))));
                }
        }
    });
}

}  // namespace gradus::kernels::depthwise
