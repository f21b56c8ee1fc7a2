#pragma once
/// \file
/// Pooling: the greatest or the mean of what a window shows of an image, channel by channel.
///
/// Images are (H, W, C), channels last, so that a register holds neighbouring channels of one pixel; those that do not
/// fill one are computed one at a time, by the same statements. Every window must lie in its image with a pixel at least.
/// Bound by memory: each element of x, y, dy and dx is touched once where windows do not overlap.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <type_traits>

#include "gradus/core/generic.hpp"
#include "gradus/core/window.hpp"
#include "gradus/kernels/elementwise.hpp"

namespace gradus::kernels {

namespace pooling {

/// Rows or columns [first, last).
struct range {
    std::size_t first, last;
    [[nodiscard]] constexpr std::size_t size() const { return last - first; }
};

/// What the i-th window covers of an axis, without what lies in the padding.
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

template <class R, class T>
[[nodiscard]] R load(const T* p) {
    if constexpr (std::is_same_v<R, T>)
        return *p;
    else
        return R::load_unaligned(p);
}
template <class R, class T>
void store(T* p, const R& r) {
    if constexpr (std::is_same_v<R, T>)
        *p = r;
    else
        r.store_unaligned(p);
}

/// f(c, type of what holds the channels from c on): registers as far as they go.
template <class T, class F>
void each_lane(std::size_t channels, F&& f) {
    std::size_t c = 0;
    for (; c + width<T> <= channels; c += width<T>) f(c, std::type_identity<reg<T>>{});
    for (; c < channels; ++c) f(c, std::type_identity<T>{});
}

/// f(offset) for each pixel that a window covers, from left to right and from above.
template <class F>
void each_pixel(range h, range v, std::size_t row, std::size_t channels, F&& f) {
    for (std::size_t i = h.first; i < h.last; ++i)
        for (std::size_t p = i * row + v.first * channels, end = i * row + v.last * channels; p < end; p += channels) f(p);
}

/// f(rows, columns, x of the image, y of the window), for each window of each image.
template <class T, class F>
void each_window(const T* x, std::size_t images, std::size_t channels, const window2d& w, T* y, F&& f) {
    for (std::size_t n = 0; n < images; ++n, x += w.in.area() * channels)
        for (std::size_t i = 0; i < w.out.height; ++i)
            for (std::size_t j = 0; j < w.out.width; ++j, y += channels) f(rows(w, i), columns(w, j), x, y);
}

/// The way back, f(rows, columns, image, window, dx of the image, whether to add to it): `image` and `window` count
/// elements of x and of y. Windows that do not overlap assign; f then writes what they cover, and this the zeros between
/// them. Where they overlap, dx begins with zeros and each adds its part.
template <class T, class F>
void each_window_backward(T* dx, std::size_t images, std::size_t channels, const window2d& w, F&& f) {
    const bool add = w.stride.height < w.kernel.height || w.stride.width < w.kernel.width;
    const std::size_t row = w.in.width * channels, size = w.in.height * row;
    const auto clear = [&](range h, range v) {
        if (add || v.first >= v.last) return;
        for (std::size_t i = h.first; i < h.last; ++i) std::fill_n(dx + i * row + v.first * channels, v.size() * channels, T(0));
    };
    for (std::size_t n = 0, window = 0; n < images; ++n, dx += size) {
        if (add) std::fill_n(dx, size, T(0));
        std::size_t below = 0;  // the first row that no window has written
        for (std::size_t i = 0; i < w.out.height; ++i) {
            const range h = rows(w, i);
            clear({below, h.first}, {0, w.in.width});
            std::size_t right = 0;
            for (std::size_t j = 0; j < w.out.width; ++j, window += channels) {
                const range v = columns(w, j);
                clear(h, {right, v.first});
                f(h, v, n * size, window, dx, add);
                right = v.last;
            }
            clear(h, {right, w.in.width});
            below = h.last;
        }
        clear({below, w.in.height}, {0, w.in.width});
    }
}

}  // namespace pooling

/// y = max x over what each window covers: padding is never the maximum, NaN always.
///   x (N, H, W, C)   y (N, H_out, W_out, C)
template <class T>
void max_pool(const T* x, std::size_t images, std::size_t channels, const window2d& w, T* y) {
    const std::size_t row = w.in.width * channels;
    pooling::each_window(x, images, channels, w, y, [=](pooling::range h, pooling::range v, const T* image, T* out) {
        pooling::each_lane<T>(channels, [=]<class R>(std::size_t c, std::type_identity<R>) {
            R m(-std::numeric_limits<T>::infinity());
            pooling::each_pixel(h, v, row, channels, [&](std::size_t p) {
                const R z = pooling::load<R>(image + p + c);
                m = where(z > m || z != z, z, m);
            });
            pooling::store(out + c, m);
        });
    });
}

/// dx = dy where x is the first in its window to equal y, else 0; summed over the windows that x lies in.
template <class T>
void max_pool_backward(const T* x, const T* y, const T* dy, std::size_t images, std::size_t channels, const window2d& w, T* dx) {
    const std::size_t row = w.in.width * channels;
    const auto window = [=](pooling::range h, pooling::range v, std::size_t image, std::size_t o, T* out, bool add) {
        pooling::each_lane<T>(channels, [=]<class R>(std::size_t c, std::type_identity<R>) {
            const R m = pooling::load<R>(y + o + c), d = pooling::load<R>(dy + o + c), zero(T(0));
            auto open = zero == zero;  // no pixel before was the maximum
            pooling::each_pixel(h, v, row, channels, [&](std::size_t p) {
                const R z = pooling::load<R>(x + image + p + c);
                const auto first = open && (z == m || z != z);
                const R g = where(first, d, zero);
                pooling::store(out + p + c, add ? R(pooling::load<R>(out + p + c) + g) : g);
                open = open && !first;
            });
        });
    };
    pooling::each_window_backward(dx, images, channels, w, window);
}

/// Pixels that a mean divides by: those of the image, or with the padding all of the window's.
[[nodiscard]] constexpr std::size_t pooled(const window2d& w, pooling::range h, pooling::range v, bool count_padding) {
    return count_padding ? w.kernel.area() : h.size() * v.size();
}

/// y = (Σ x over what each window covers) / (pixels covered, or with `count_padding` pixels of the window).
template <class T>
void average_pool(const T* x, std::size_t images, std::size_t channels, const window2d& w, bool count_padding, T* y) {
    const std::size_t row = w.in.width * channels;
    pooling::each_window(x, images, channels, w, y, [=](pooling::range h, pooling::range v, const T* image, T* out) {
        const T share = T(1) / static_cast<T>(pooled(w, h, v, count_padding));
        pooling::each_lane<T>(channels, [=]<class R>(std::size_t c, std::type_identity<R>) {
            R sum(T(0));
            pooling::each_pixel(h, v, row, channels, [&](std::size_t p) { sum += pooling::load<R>(image + p + c); });
            pooling::store(out + c, R(sum * share));
        });
    });
}

/// dx = dy / (pixels), summed over the windows that x lies in.
template <class T>
void average_pool_backward(const T* dy, std::size_t images, std::size_t channels, const window2d& w, bool count_padding, T* dx) {
    const std::size_t row = w.in.width * channels;
    const auto window = [=](pooling::range h, pooling::range v, std::size_t, std::size_t o, T* out, bool add) {
        const T share = T(1) / static_cast<T>(pooled(w, h, v, count_padding));
        pooling::each_lane<T>(channels, [=]<class R>(std::size_t c, std::type_identity<R>) {
            const R g = pooling::load<R>(dy + o + c) * share;
            pooling::each_pixel(h, v, row, channels, [&](std::size_t p) {
                pooling::store(out + p + c, add ? R(pooling::load<R>(out + p + c) + g) : g);
            });
        });
    };
    pooling::each_window_backward(dx, images, channels, w, window);
}

}  // namespace gradus::kernels
