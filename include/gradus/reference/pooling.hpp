#pragma once
/// \file
/// Pooling in textbook form: a loop over every output, and within it one over the pixels of its window.

#include <cstddef>
#include <limits>

#include "gradus/kernels/window.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// Calls f(n, i, j, c) for every element of y (N, H_out, W_out, C).
template <class T, class F>
void each_pooled(const tensor<T, 4>& x, const window2d& w, F&& f) {
    for (std::size_t n = 0; n < x.shape()[0]; ++n)
        for (std::size_t i = 0; i < w.out.height; ++i)
            for (std::size_t j = 0; j < w.out.width; ++j)
                for (std::size_t c = 0; c < x.shape()[3]; ++c) f(n, i, j, c);
}
/// Calls f(h, v) for every pixel of the image that the window (i, j) covers: h = i s + a − p, v = j s + b − p.
template <class F>
void each_covered(const window2d& w, std::size_t i, std::size_t j, F&& f) {
    for (std::size_t a = 0; a < w.kernel.height; ++a)
        for (std::size_t b = 0; b < w.kernel.width; ++b) {
            const std::size_t h = i * w.stride.height + a - w.padding.top, v = j * w.stride.width + b - w.padding.left;
            if (h < w.in.height && v < w.in.width) f(h, v);  // negative values wrap to large ones
        }
}
/// K: the number of pixels that the window (i, j) covers or, with `count_padding`, of all pixels of the window.
[[nodiscard]] inline std::size_t pixels(const window2d& w, std::size_t i, std::size_t j, bool count_padding) {
    std::size_t covered = 0;
    each_covered(w, i, j, [&](std::size_t, std::size_t) { ++covered; });
    return count_padding ? w.kernel.area() : covered;
}

/// y_ijc = max_ab x_(is+a−p, js+b−p, c)                                                            [max_pool2d.forward]
template <class T>
[[nodiscard]] tensor<T, 4> max_pool(const tensor<T, 4>& x, const window2d& w) {
    tensor<T, 4> y({x.shape()[0], w.out.height, w.out.width, x.shape()[3]}, -std::numeric_limits<T>::infinity());
    each_pooled(x, w, [&](auto n, auto i, auto j, auto c) {
        each_covered(w, i, j, [&](auto h, auto v) {
            const T z = x(n, h, v, c);
            if (z > y(n, i, j, c) || z != z) y(n, i, j, c) = z;
        });
    });
    return y;
}
/// dx_hwc = Σ dy_ijc over the windows (i, j) whose first maximum x_hwc is                        [max_pool2d.backward]
template <class T>
[[nodiscard]] tensor<T, 4> max_pool_backward(const tensor<T, 4>& x, const tensor<T, 4>& dy, const window2d& w) {
    tensor<T, 4> dx(x.shape(), T(0));
    each_pooled(x, w, [&](auto n, auto i, auto j, auto c) {
        T* best = nullptr;
        T greatest = 0;
        each_covered(w, i, j, [&](auto h, auto v) {
            const T z = x(n, h, v, c);
            const bool first = best == nullptr || (greatest == greatest && (z > greatest || z != z));
            if (first) best = &dx(n, h, v, c), greatest = z;
        });
        *best += dy(n, i, j, c);
    });
    return dx;
}

/// y_ijc = Σ_ab x_(is+a−p, js+b−p, c) / K_ij                                                   [average_pool2d.forward]
template <class T>
[[nodiscard]] tensor<T, 4> average_pool(const tensor<T, 4>& x, const window2d& w, bool count_padding) {
    tensor<T, 4> y({x.shape()[0], w.out.height, w.out.width, x.shape()[3]}, T(0));
    each_pooled(x, w, [&](auto n, auto i, auto j, auto c) {
        each_covered(w, i, j, [&](auto h, auto v) { y(n, i, j, c) += x(n, h, v, c); });
        y(n, i, j, c) /= static_cast<T>(pixels(w, i, j, count_padding));
    });
    return y;
}
/// dx_hwc = Σ dy_ijc / K_ij over the windows (i, j) that x_hwc lies in                        [average_pool2d.backward]
template <class T>
[[nodiscard]] tensor<T, 4> average_pool_backward(const tensor<T, 4>& x, const tensor<T, 4>& dy, const window2d& w,
                                                 bool count_padding) {
    tensor<T, 4> dx(x.shape(), T(0));
    each_pooled(x, w, [&](auto n, auto i, auto j, auto c) {
        const T share = dy(n, i, j, c) / static_cast<T>(pixels(w, i, j, count_padding));
        each_covered(w, i, j, [&](auto h, auto v) { dx(n, h, v, c) += share; });
    });
    return dx;
}

}  // namespace gradus::reference
