#pragma once
/// \file
/// Pooling: the maximum or the mean over each window of an image, channel by channel.
///
/// Channels are the last axis, so that a register holds neighboring channels of one pixel. Memory-bound: if windows do
/// not overlap, each element of x, y, dy and dx is accessed once, and dx need not be zeroed before.

#include <algorithm>
#include <cstddef>
#include <limits>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus::kernels {

/// Images (N, H, W, C), and the window that slides over them. Each window covers at least one pixel besides padding.
struct pooled_images {
    std::size_t count, channels;
    window2d window;

    [[nodiscard]] constexpr std::size_t row() const { return window.in.width * channels; }
    [[nodiscard]] constexpr std::size_t size() const { return window.in.height * row(); }
    [[nodiscard]] constexpr std::size_t pooled_size() const { return window.out.area() * channels; }
    [[nodiscard]] constexpr bool overlap() const {
        return window.stride.height < window.kernel.height || window.stride.width < window.kernel.width;
    }
};

namespace pooling {

/// Rows or columns [first, last).
struct range {
    std::size_t first, last;
    [[nodiscard]] constexpr std::size_t size() const { return last - first; }
};

/// The part of an axis that the i-th window covers, without padding.
[[nodiscard]] constexpr range covered(std::size_t i, std::size_t size, std::size_t kernel, std::size_t stride, std::size_t before) {
    const std::size_t begin = i * stride, end = begin + kernel;
    return {std::max(begin, before) - before, std::min(end - before, size)};
}
[[nodiscard]] constexpr range rows(const window2d& w, std::size_t i) {
    return covered(i, w.in.height, w.kernel.height, w.stride.height, w.padding.top);
}
[[nodiscard]] constexpr range columns(const window2d& w, std::size_t j) {
    return covered(j, w.in.width, w.kernel.width, w.stride.width, w.padding.left);
}

/// Adjacent windows that cover the same number of pixels: the input of the innermost loops.
struct run {
    std::size_t x, y;           ///< offsets of the first pixel of the first window, and of its output
    std::size_t windows;        ///< the number of windows
    std::size_t step;           ///< elements of x from window to window
    std::size_t height, width;  ///< pixels that each window covers
    std::size_t row, channels;  ///< elements of x in a row, in a pixel
    std::size_t room;           ///< elements that exist from the last pixel of the first window on, and from y on
};

/// The windows of the i-th output row from the j-th on: all that lie horizontally inside the image, else one.
[[nodiscard]] inline run run_from(const pooled_images& images, std::size_t n, std::size_t i, std::size_t j) {
    const window2d& w = images.window;
    const range h = rows(w, i), v = columns(w, j);
    const std::size_t right = w.in.width + w.padding.left;
    const std::size_t windows = v.size() < w.kernel.width ? 1 : (right - w.kernel.width) / w.stride.width + 1 - j;
    return {.x = n * images.size() + h.first * images.row() + v.first * images.channels,
            .y = n * images.pooled_size() + (i * w.out.width + j) * images.channels,
            .windows = std::min(windows, w.out.width - j),
            .step = w.stride.width * images.channels,
            .height = h.size(),
            .width = v.size(),
            .row = images.row(),
            .channels = images.channels,
            .room = 0};
}

/// Register access: with all lanes, of which the first `lanes` are used, or with the first lane only.
template <class T>
struct all_lanes {
    std::size_t lanes;
    static reg<T> load(const T* p) { return reg<T>::load_unaligned(p); }
    static void store(T* p, const reg<T>& r) { r.store_unaligned(p); }
    /// r, with 0 in the unused lanes.
    [[nodiscard]] reg<T> counted(const reg<T>& r) const {
        if (lanes == width<T>) return r;
        alignas(64) T index[width<T>];
        for (std::size_t i = 0; i < width<T>; ++i) index[i] = static_cast<T>(i);
        return where(reg<T>::load_aligned(index) < reg<T>(static_cast<T>(lanes)), r, reg<T>(T(0)));
    }
};
template <class T>
struct one_lane {
    static reg<T> load(const T* p) { return reg<T>(*p); }
    static void store(T* p, const reg<T>& r) { store_part(p, 1, r); }
    static const reg<T>& counted(const reg<T>& r) { return r; }
};

/// f(offset in x, offset in y, lanes) for each register of each window of a run. A register that the channels do not
/// fill extends into the following pixels if they exist; it is processed first, so that the excess it writes is
/// overwritten. Otherwise the remaining channels are processed one at a time.
template <class T, class F>
void each_register(run r, F&& f) {
    const std::size_t full = r.channels / width<T> * width<T>, left = r.channels - full;
    for (std::size_t k = 0, used = full + width<T>; k < r.windows; ++k, used += r.step, r.x += r.step, r.y += r.channels) {
        const bool hangs = left > 0 && used <= r.room;
        for (std::size_t c = hangs ? full + width<T> : full; c > 0; c -= width<T>)
            f(r.x + c - width<T>, r.y + c - width<T>, all_lanes<T>{std::min(width<T>, r.channels + width<T> - c)});
        for (std::size_t c = hangs ? r.channels : full; c < r.channels; ++c) f(r.x + c, r.y + c, one_lane<T>{});
    }
}

/// f(offset in x) for each pixel of a window, row by row.
template <class F>
[[gnu::always_inline]] inline void each_pixel(const run& r, std::size_t first, F&& f) {
    if (r.height == 2 && r.width == 2) {  // the usual case, without loops
        f(first), f(first + r.channels), f(first + r.row), f(first + r.row + r.channels);
        return;
    }
    for (std::size_t line = first, end = first + r.height * r.row; line < end; line += r.row)
        for (std::size_t p = line, stop = line + r.width * r.channels; p < stop; p += r.channels) f(p);
}

/// f(run) for all windows of all images.
template <class F>
void each_run(const pooled_images& images, F&& f) {
    const std::size_t x_size = images.count * images.size(), y_size = images.count * images.pooled_size();
    for (std::size_t n = 0; n < images.count; ++n)
        for (std::size_t i = 0; i < images.window.out.height; ++i)
            for (std::size_t j = 0; j < images.window.out.width;) {
                run r = run_from(images, n, i, j);
                r.room = std::min(x_size - r.x - (r.height - 1) * r.row - (r.width - 1) * r.channels, y_size - r.y);
                f(r);
                j += r.windows;
            }
}

/// f(run) for all windows, in backward. If windows overlap, dx is zeroed and f adds to it; otherwise f assigns all
/// pixels that the windows cover, and the pixels between them are zeroed here.
template <class T, class F>
void each_run_backward(const pooled_images& images, T* dx, F&& f) {
    const window2d& w = images.window;
    const std::size_t row = images.row(), channels = images.channels, y_size = images.count * images.pooled_size();
    const bool overlap = images.overlap(), gaps = w.stride.width > w.kernel.width;
    for (std::size_t n = 0; n < images.count; ++n, dx += images.size()) {
        if (overlap) std::fill_n(dx, images.size(), T(0));
        const auto clear = [&](range h, range v) {
            if (overlap || v.first >= v.last) return;
            for (std::size_t i = h.first; i < h.last; ++i) std::fill_n(dx + i * row + v.first * channels, v.size() * channels, T(0));
        };
        std::size_t below = 0;  // the first row not yet written
        for (std::size_t i = 0; i < w.out.height; ++i) {
            const range h = rows(w, i);
            clear({below, h.first}, {0, w.in.width});
            std::size_t right = 0;  // the first column not yet written
            for (std::size_t j = 0; j < w.out.width;) {
                const range v = columns(w, j);
                clear(h, {right, v.first});
                run r = run_from(images, n, i, j);
                if (gaps) r.windows = 1;
                // to the right of a window its rows are not written yet, but the start of the next row may be
                r.room = std::min(row - (v.last - 1) * channels, y_size - r.y);
                f(r);
                j += r.windows;
                right = columns(w, j - 1).last;
            }
            clear(h, {right, w.in.width});
            below = h.last;
        }
        clear({below, w.in.height}, {0, w.in.width});
    }
}

// One function per run, never inlined: inlined into the outer loops it would need more registers than there are. The
// code for one pixel is inlined, also with -O2. `isnan`, because xsimd 8's `z != z` is false for NaN in AVX-512.

template <class T>
[[gnu::noinline]] void max_pool(const run& of, const T* x, T* y) {
    const run r = of;
    each_register<T>(r, [=](std::size_t in, std::size_t out, auto lanes) {
        reg<T> m(-std::numeric_limits<T>::infinity());
        auto all_numbers = m == m;  // separately: the maximum of registers may lose a NaN
        each_pixel(r, in, [&](std::size_t p) __attribute__((always_inline)) {
            const reg<T> z = lanes.load(x + p);
            m = xsimd::max(m, z);
            all_numbers = all_numbers && z == z;
        });
        lanes.store(y + out, where(all_numbers, m, reg<T>(std::numeric_limits<T>::quiet_NaN())));
    });
}

template <class T>
[[gnu::noinline]] void max_pool_backward(const run& of, bool add, const T* x, const T* y, const T* dy, T* dx) {
    const run r = of;
    each_register<T>(r, [=](std::size_t in, std::size_t out, auto lanes) {
        const reg<T> m = lanes.load(y + out), d = lanes.counted(lanes.load(dy + out)), zero(T(0));
        auto open = zero == zero;  // no earlier pixel was the maximum
        each_pixel(r, in, [&](std::size_t p) __attribute__((always_inline)) {
            const reg<T> z = lanes.load(x + p);
            const auto first = open && (z == m || isnan(z));
            const reg<T> g = where(first, d, zero);
            lanes.store(dx + p, add ? lanes.load(dx + p) + g : g);
            open = open && !first;
        });
    });
}

inline constexpr std::size_t few_pixels = 32;  ///< up to this number they are summed one after the other

/// Σ x over height x width pixels of a window, by pairwise summation: a million floats summed in sequence lose 1 %.
template <class T, class Lanes>
[[gnu::noinline]] reg<T> sum_by_halves(const run& r, std::size_t height, std::size_t width, const T* x, const Lanes& lanes) {
    const auto part = [&](std::size_t h, std::size_t w, const T* from) { return sum_by_halves(r, h, w, from, lanes); };
    if (height * width > few_pixels && height > 1)
        return part(height / 2, width, x) + part(height - height / 2, width, x + height / 2 * r.row);
    if (width > few_pixels) return part(1, width / 2, x) + part(1, width - width / 2, x + width / 2 * r.channels);
    reg<T> s(T(0));
    for (std::size_t i = 0; i < height; ++i)
        for (std::size_t j = 0; j < width; ++j) s += lanes.load(x + i * r.row + j * r.channels);
    return s;
}

template <class T>
[[gnu::noinline]] void average_pool(const run& of, T share, const T* x, T* y) {
    const run r = of;
    each_register<T>(r, [=](std::size_t in, std::size_t out, auto lanes) {
        reg<T> sum(T(0));
        each_pixel(r, in, [&](std::size_t p) { sum += lanes.load(x + p); });
        lanes.store(y + out, sum * share);
    });
}
template <class T>
[[gnu::noinline]] void average_pool_by_halves(const run& of, T share, const T* x, T* y) {
    const run r = of;
    each_register<T>(r, [=](std::size_t in, std::size_t out, auto lanes) {
        lanes.store(y + out, sum_by_halves(r, r.height, r.width, x + in, lanes) * share);
    });
}

template <class T>
[[gnu::noinline]] void average_pool_backward(const run& of, bool add, T share, const T* dy, T* dx) {
    const run r = of;
    each_register<T>(r, [=](std::size_t in, std::size_t out, auto lanes) {
        const reg<T> g = lanes.counted(lanes.load(dy + out)) * share;
        each_pixel(r, in, [&](std::size_t p) { lanes.store(dx + p, add ? lanes.load(dx + p) + g : g); });
    });
}

/// 1 / K for the mean: K is the number of pixels that the window covers, or with `count_padding` its full size.
template <class T>
[[nodiscard]] T share(const pooled_images& images, const run& r, bool count_padding) {
    return T(1) / static_cast<T>(count_padding ? images.window.kernel.area() : r.height * r.width);
}

}  // namespace pooling

/// y = max x over each window. Padding is never the maximum; a NaN always is.
///   x (N, H, W, C)   y (N, H_out, W_out, C)
template <class T>
void max_pool(const pooled_images& images, const T* x, T* y) {
    pooling::each_run(images, [&](const pooling::run& r) { pooling::max_pool(r, x, y); });
}

/// dx = dy where x is the first element of its window equal to y, else 0; summed over the windows that contain x.
template <class T>
void max_pool_backward(const pooled_images& images, const T* x, const T* y, const T* dy, T* dx) {
    pooling::each_run_backward(images, dx, [&, add = images.overlap()](const pooling::run& r) {
        pooling::max_pool_backward(r, add, x, y, dy, dx);
    });
}

/// y = Σ x / K over each window; K is the number of pixels that it covers, or with `count_padding` its full size.
template <class T>
void average_pool(const pooled_images& images, bool count_padding, const T* x, T* y) {
    pooling::each_run(images, [&](const pooling::run& r) {
        const T share = pooling::share<T>(images, r, count_padding);
        if (r.height * r.width > pooling::few_pixels)
            pooling::average_pool_by_halves(r, share, x, y);
        else
            pooling::average_pool(r, share, x, y);
    });
}

/// dx = dy / K, summed over the windows that contain x.
template <class T>
void average_pool_backward(const pooled_images& images, bool count_padding, const T* dy, T* dx) {
    pooling::each_run_backward(images, dx, [&, add = images.overlap()](const pooling::run& r) {
        pooling::average_pool_backward(r, add, pooling::share<T>(images, r, count_padding), dy, dx);
    });
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(kernels) template void max_pool(const pooled_images&, const float*, float*);
GRADUS_EXTERN(kernels) template void max_pool(const pooled_images&, const double*, double*);
GRADUS_EXTERN(kernels) template void max_pool_backward(const pooled_images&, const float*, const float*, const float*,
                                                       float*);
GRADUS_EXTERN(kernels) template void max_pool_backward(const pooled_images&, const double*, const double*,
                                                       const double*, double*);
GRADUS_EXTERN(kernels) template void average_pool(const pooled_images&, bool, const float*, float*);
GRADUS_EXTERN(kernels) template void average_pool(const pooled_images&, bool, const double*, double*);
GRADUS_EXTERN(kernels) template void average_pool_backward(const pooled_images&, bool, const float*, float*);
GRADUS_EXTERN(kernels) template void average_pool_backward(const pooled_images&, bool, const double*, double*);
#endif

}  // namespace gradus::kernels
