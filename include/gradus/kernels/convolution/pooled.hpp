#pragma once
/// \file
/// Max pooling fused with the convolution before it: a chunk of images is pooled while it is in the cache. The
/// convolution's result is not kept, only each window's maximum and the index of its pixel.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/pooling.hpp"

namespace gradus::kernels {

/// Whether this is possible: windows do not overlap, no padding, and the channels fill whole registers.
template <class T>
[[nodiscard]] bool pools_in_registers(const pooled_images& images) {
    return !images.overlap() && !images.window.pads() && images.channels % width<T> == 0;
}

/// Calls f(kernel, offset of the first pixel in z, offset in y) for each window of each image. A kernel of 2 x 2 is
/// passed as a compile-time constant, so that the loops over the taps are unrolled.
template <class F>
[[gnu::always_inline]] inline void each_window_apart(const pooled_images& images, F&& f) {
    const window2d& w = images.window;
    const auto each = [&](auto kernel) {
        for (std::size_t n = 0, out = 0; n < images.count; ++n)
            for (std::size_t i = 0; i < w.out.height; ++i)
                for (std::size_t j = 0; j < w.out.width; ++j, out += images.channels)
                    f(kernel,
                      n * images.size() + i * w.stride.height * images.row() + j * w.stride.width * images.channels,
                      out);
    };
    struct two_by_two {
        std::integral_constant<std::size_t, 2> height, width;
    };
    if (w.kernel == size2d(2))
        each(two_by_two{});
    else
        each(w.kernel);
}

/// y = max z over each window, and tap = its index in the window, counted row by row; ties go to the first.
///   z (images)   y, tap (N, H_out, W_out, C)                                                       [max_pool2d.tap]
template <class T>
void max_pool_with_tap(const pooled_images& images, const T* z, T* y, T* tap) {
    const std::size_t C = images.channels, row = images.row();
    each_window_apart(images, [=](auto kernel, std::size_t first, std::size_t out) {
        for (std::size_t c = 0; c < C; c += width<T>) {
            reg<T> m = reg<T>::load_unaligned(z + first + c), where_m(T(0)), place(T(0));
            for (std::size_t i = 0; i < kernel.height; ++i)
                for (std::size_t j = 0; j < kernel.width; ++j, place += T(1)) {
                    const reg<T> here = reg<T>::load_unaligned(z + first + i * row + j * C + c);
                    const auto greater = !(here <= m) && m == m;  // the first NaN is the maximum
                    m = xsimd::select(greater, here, m);
                    where_m = xsimd::select(greater, place, where_m);
                }
            m.store_unaligned(y + out + c);
            where_m.store_unaligned(tap + out + c);
        }
    });
}

/// Backward: dz = d at its window's tap, 0 elsewhere. Assigns every dz.                          [max_pool2d.from_tap]
template <class T>
void max_pool_from_tap(const pooled_images& images, const T* d, const T* tap, T* dz) {
    const window2d& w = images.window;
    const std::size_t C = images.channels, row = images.row();
    // Pixels that no window covers, unless the windows fill the image.
    if (w.stride.height * w.out.height != w.in.height || w.stride.width * w.out.width != w.in.width ||
        !(w.stride == w.kernel))
        std::fill_n(dz, images.count * images.size(), T(0));
    each_window_apart(images, [=](auto kernel, std::size_t first, std::size_t out) {
        for (std::size_t c = 0; c < C; c += width<T>) {
            const reg<T> value = reg<T>::load_unaligned(d + out + c), where_m = reg<T>::load_unaligned(tap + out + c);
            reg<T> place(T(0));
            for (std::size_t i = 0; i < kernel.height; ++i)
                for (std::size_t j = 0; j < kernel.width; ++j, place += T(1))
                    xsimd::select(where_m == place, value, reg<T>(T(0)))
                        .store_unaligned(dz + first + i * row + j * C + c);
        }
    });
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(kernels) template void max_pool_with_tap(const pooled_images&, const float*, float*, float*);
GRADUS_EXTERN(kernels) template void max_pool_with_tap(const pooled_images&, const double*, double*, double*);
GRADUS_EXTERN(kernels) template void max_pool_from_tap(const pooled_images&, const float*, const float*, float*);
GRADUS_EXTERN(kernels) template void max_pool_from_tap(const pooled_images&, const double*, const double*, double*);
#endif

}  // namespace gradus::kernels
