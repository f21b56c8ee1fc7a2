#pragma once
/// \file
/// Convolution as a matrix product whose matrix of windows is never written: its rows are read directly from the image,
/// through a table of offsets (Dukhan, "The indirect convolution algorithm", 2019).
///
/// All three products are divided into tiles of R rows by V registers, whose sums stay in registers:
///     z = x ∗ W + b       rows: output pixels              along k: the taps and channels of a window
///     dW                  rows: taps and channels          along k: the output pixels
///     dx                  rows: output pixels, per tap     along k: the filters; added at the tap's position in dx

#include <algorithm>
#include <cstddef>
#include <vector>

#include "gradus/kernels/convolution/shape.hpp"
#include "gradus/kernels/elementwise.hpp"

namespace gradus::kernels::implicit {

/// Rows and registers of a tile. With 32 registers: 16 sums, enough to hide the latency of two multiply-adds per cycle,
/// while pointers to 8 rows leave the compiler enough registers for addresses. With 16 registers: 8 sums.
template <class T>
inline constexpr std::size_t tile_rows = sizeof(reg<T>) == 64 ? 8 : 4;
inline constexpr std::size_t tile_width = 2;
/// Rows of a tile of dW, which are taps: a kernel of 3 x 3 fills tiles of 9, whatever its number of channels.
template <class T>
inline constexpr std::size_t tap_rows = sizeof(reg<T>) == 64 ? 9 : 4;

/// Rows of W whose panel, two registers wide, stays in the L1 cache during the loop over the pixels.
inline constexpr std::size_t panel_depth = 288;

/// Whether the filters fill whole registers; for dx, whether the channels do.
template <class T>
[[nodiscard]] bool serves(const convolution_shape& s) {
    return s.groups == 1 && s.filters % width<T> == 0;
}
template <class T>
[[nodiscard]] bool serves_input_gradient(const convolution_shape& s) {
    return s.groups == 1 && s.channels % width<T> == 0;
}

/// The offsets of the matrices' rows in an image, computed once per shape.
struct offsets {
    std::vector<std::size_t> pixel;  ///< of each output pixel's window in its image
    std::vector<std::size_t> tap;    ///< of each row of W in its window

    void of(const convolution_shape& s) {
        pixel.clear(), tap.clear();
        for (std::size_t i = 0; i < s.out.height; ++i)
            for (std::size_t j = 0; j < s.out.width; ++j) pixel.push_back(s.window_at(i, j));
        for (std::size_t i = 0; i < s.kernel.height; ++i)
            for (std::size_t j = 0; j < s.kernel.width; ++j)
                for (std::size_t c = 0; c < s.channels; ++c) tap.push_back(s.tap_at(i, j) + c);
    }
};

/// The sums of R rows by V registers.
template <std::size_t R, std::size_t V, class T>
struct tile {
    reg<T> sum[R][V];

    /// Sets each row of sums to the values at `from`.
    [[gnu::always_inline]] void load(const T* const (&from)[R]) {
#pragma GCC unroll 16
        for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
            for (std::size_t v = 0; v < V; ++v) sum[r][v] = reg<T>::load_unaligned(from[r] + v * width<T>);
    }
    [[gnu::always_inline]] void zero() {
#pragma GCC unroll 16
        for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
            for (std::size_t v = 0; v < V; ++v) sum[r][v] = reg<T>(T(0));
    }
    /// sum_r += Σ_k a_r[offset + k · step] b[k], with b[k] of V registers: the innermost loop of all three products.
    [[gnu::always_inline]] void accumulate(const T* const (&rows)[R], std::size_t offset, std::size_t step, const T* b,
                                           std::size_t b_row, std::size_t depth) {
        const T* a[R];
#pragma GCC unroll 16
        for (std::size_t r = 0; r < R; ++r) a[r] = rows[r] + offset;
        for (std::size_t k = 0; k < depth; ++k, b += b_row) {
            reg<T> row[V];
#pragma GCC unroll 4
            for (std::size_t v = 0; v < V; ++v) row[v] = reg<T>::load_unaligned(b + v * width<T>);
#pragma GCC unroll 16
            for (std::size_t r = 0; r < R; ++r) {
                const reg<T> x(a[r][k * step]);
#pragma GCC unroll 4
                for (std::size_t v = 0; v < V; ++v) sum[r][v] = xsimd::fma(x, row[v], sum[r][v]);
            }
        }
    }
    /// Stores the first `count` rows at `to`.
    [[gnu::always_inline]] void store(T* const (&to)[R], std::size_t count) const {
#pragma GCC unroll 16
        for (std::size_t r = 0; r < R; ++r)
            if (r < count)
#pragma GCC unroll 4
                for (std::size_t v = 0; v < V; ++v) sum[r][v].store_unaligned(to[r] + v * width<T>);
    }
    /// Adds the first `count` rows to the values at `to`.
    [[gnu::always_inline]] void add(T* const (&to)[R], std::size_t count) const {
#pragma GCC unroll 16
        for (std::size_t r = 0; r < R; ++r)
            if (r < count)
#pragma GCC unroll 4
                for (std::size_t v = 0; v < V; ++v)
                    (reg<T>::load_unaligned(to[r] + v * width<T>) + sum[r][v]).store_unaligned(to[r] + v * width<T>);
    }
};

/// Calls f(V, j) for each panel: V registers (a compile-time constant) from column j on. `columns` is a multiple of a
/// register.
template <class T, class F>
void each_panel(std::size_t columns, F&& f) {
    std::size_t j = 0;
    for (; j + tile_width * width<T> <= columns; j += tile_width * width<T>)
        f(std::integral_constant<std::size_t, tile_width>{}, j);
    for (; j < columns; j += width<T>) f(std::integral_constant<std::size_t, 1>{}, j);
}

/// Iterates over the output pixels of a chunk of images; `take` returns the offset of the next window.
struct windows {
    const convolution_shape& s;
    const offsets& at;
    std::size_t pixel = 0, image = 0;

    std::size_t take() {
        const std::size_t window = image + at.pixel[pixel];
        if (++pixel == at.pixel.size()) pixel = 0, image += s.image();
        return window;
    }
};

/// The columns of z of one panel of W.
template <std::size_t V, class T>
void forward_panel(const convolution_shape& s, const offsets& at, std::size_t images, const T* x, const T* W,
                   const T* bias, T* z) {
    constexpr std::size_t R = tile_rows<T>;
    const std::size_t O = s.filters, pixels = images * s.out.area();
    // Taps that are contiguous in x are one run along k.
    const std::size_t taps = s.dilation.width == 1 ? 1 : s.kernel.width;
    const std::size_t runs = s.kernel.height * taps, run = s.depth() / runs;
    const std::size_t at_once = std::max<std::size_t>(1, panel_depth / run);
    for (std::size_t first = 0; first < runs; first += at_once) {  // the part of W that stays in the cache
        windows window{s, at};
        for (std::size_t p = 0; p < pixels; p += R) {
            const std::size_t count = std::min(R, pixels - p);
            const T *rows[R], *begin[R];
            T* to[R];
            for (std::size_t r = 0; r < R; ++r) {
                rows[r] = r < count ? x + window.take() : rows[0];
                to[r] = z + (r < count ? p + r : p) * O;
                begin[r] = first == 0 ? bias : to[r];
            }
            tile<R, V, T> sums;
            sums.load(begin);
            for (std::size_t i = first; i < std::min(first + at_once, runs); ++i)
                sums.accumulate(rows, s.tap_at(i / taps, i % taps), 1, W + i * run * O, O, run);
            sums.store(to, count);
        }
    }
}
/// z = x ∗ W + b for a chunk of images.                                                          [convolution.implicit]
template <class T>
void forward(const convolution_shape& s, const offsets& at, std::size_t images, const T* x, const T* W, const T* bias,
             T* z) {
    each_panel<T>(s.filters,
                  [&](auto v, std::size_t j) { forward_panel<v(), T>(s, at, images, x, W + j, bias + j, z + j); });
}

/// The columns of dW of one panel of dz.
template <std::size_t V, class T>
void weights_panel(const convolution_shape& s, const offsets& at, std::size_t images, const T* x, const T* dz, T* dW,
                   bool first) {
    constexpr std::size_t R = tap_rows<T>;
    const std::size_t O = s.filters, K = s.depth(), step = s.stride.width * s.channels;
    for (std::size_t m = 0; m < K; m += R) {
        const std::size_t count = std::min(R, K - m);
        const T* rows[R];
        T* to[R];
        for (std::size_t r = 0; r < R; ++r) {
            rows[r] = x + at.tap[r < count ? m + r : m];
            to[r] = dW + (r < count ? m + r : m) * O;
        }
        tile<R, V, T> sums;
        sums.zero();
        for (std::size_t n = 0, line = 0; n < images; ++n)
            for (std::size_t i = 0; i < s.out.height; ++i, ++line)
                sums.accumulate(rows, n * s.image() + s.window_at(i, 0), step, dz + line * s.out.width * O, O,
                                s.out.width);
        first ? sums.store(to, count) : sums.add(to, count);
    }
}
/// dW += Σ x dz over a chunk of images, or dW = if `first`.                                   [convolution.implicit_dW]
template <class T>
void weights_gradient(const convolution_shape& s, const offsets& at, std::size_t images, const T* x, const T* dz, T* dW,
                      bool first) {
    each_panel<T>(s.filters,
                  [&](auto v, std::size_t j) { weights_panel<v(), T>(s, at, images, x, dz + j, dW + j, first); });
}

/// Wᵀ of each tap (taps, O, C), for `input_gradient`.
template <class T>
void turn(const convolution_shape& s, const T* W, T* turned) {
    const std::size_t O = s.filters, C = s.channels;
    for (std::size_t tap = 0; tap < s.kernel.area(); ++tap, W += C * O, turned += C * O)
        for (std::size_t o = 0; o < O; ++o)
            for (std::size_t c = 0; c < C; ++c) turned[o * C + c] = W[c * O + o];
}

/// The contribution of one tap to a panel of dx.
template <std::size_t V, class T>
void input_panel(const convolution_shape& s, const offsets& at, std::size_t images, const T* dz, const T* turned,
                 T* dx) {
    constexpr std::size_t R = tile_rows<T>;
    const std::size_t O = s.filters, C = s.channels, pixels = images * s.out.area();
    windows window{s, at};
    for (std::size_t p = 0; p < pixels; p += R) {
        const std::size_t count = std::min(R, pixels - p);
        const T* rows[R];
        T* to[R];
        for (std::size_t r = 0; r < R; ++r) {
            rows[r] = dz + (r < count ? p + r : p) * O;
            to[r] = r < count ? dx + window.take() : dx;
        }
        tile<R, V, T> sums;
        sums.zero();
        sums.accumulate(rows, 0, 1, turned, C, O);
        sums.add(to, count);
    }
}
/// dx = Σ dz Wᵀ, each tap added where it reads x, for a chunk of images.                      [convolution.implicit_dx]
template <class T>
void input_gradient(const convolution_shape& s, const offsets& at, std::size_t images, const T* dz, const T* turned,
                    T* dx) {
    std::fill_n(dx, images * s.image(), T(0));
    for (std::size_t i = 0, tap = 0; i < s.kernel.height; ++i)
        for (std::size_t j = 0; j < s.kernel.width; ++j, ++tap)
            each_panel<T>(s.channels, [&](auto v, std::size_t c) {
                input_panel<v(), T>(s, at, images, dz, turned + tap * s.channels * s.filters + c,
                                    dx + s.tap_at(i, j) + c);
            });
}

}  // namespace gradus::kernels::implicit
