#pragma once
/// \file
/// The six transforms of Winograd's F(2 x 2, 3 x 3), of a line and of tensors: `winograd.hpp` says what they make.

#include <algorithm>
#include <array>
#include <cstddef>

#include "gradus/kernels/convolution_shape.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/matrix.hpp"

namespace gradus::kernels::winograd {

template <class X, std::size_t N>
using line = std::array<X, N>;
template <class X, std::size_t N>
using square = line<line<X, N>, N>;

/// u = G g                                                                                           [winograd.filter]
inline constexpr auto filter = []<class X>(const line<X, 3>& g) -> line<X, 4> {
    return {g[0], X(0.5) * (g[0] + g[1] + g[2]), X(0.5) * (g[0] - g[1] + g[2]), g[2]};
};
/// v = Bᵀ d                                                                                            [winograd.data]
inline constexpr auto data = []<class X>(const line<X, 4>& d) -> line<X, 4> {
    return {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[3] - d[1]};
};
/// z = Aᵀ m                                                                                          [winograd.output]
inline constexpr auto output = []<class X>(const line<X, 4>& m) -> line<X, 2> {
    return {m[0] + m[1] + m[2], m[1] - m[2] + m[3]};
};
/// dm = A dz                                                                                [winograd.output_gradient]
inline constexpr auto output_gradient = []<class X>(const line<X, 2>& dz) -> line<X, 4> {
    return {dz[0], dz[0] + dz[1], dz[0] - dz[1], dz[1]};
};
/// dd = B dv                                                                                  [winograd.data_gradient]
inline constexpr auto data_gradient = []<class X>(const line<X, 4>& dv) -> line<X, 4> {
    return {dv[0], dv[1] - dv[2] - dv[3], dv[1] + dv[2] - dv[0], dv[3]};
};
/// dg = Gᵀ du                                                                               [winograd.filter_gradient]
inline constexpr auto filter_gradient = []<class X>(const line<X, 4>& du) -> line<X, 3> {
    return {du[0] + X(0.5) * (du[1] + du[2]), X(0.5) * (du[1] - du[2]), X(0.5) * (du[1] + du[2]) + du[3]};
};

/// f(i, j) for an N x N square, unrolled by request: squares that a variable indexes leave their registers.
template <std::size_t N, class F>
[[gnu::always_inline]] inline void each_of(F&& f) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < N; ++i)
#pragma GCC unroll 4
        for (std::size_t j = 0; j < N; ++j) f(i, j);
}

/// A formula of a line, along both axes of a square: F X Fᵀ.
template <class F, class X, std::size_t M>
[[nodiscard, gnu::always_inline]] inline auto along_both(F f, const square<X, M>& in) {
    constexpr std::size_t N = std::tuple_size_v<decltype(f(in[0]))>;
    line<line<X, M>, N> half;
#pragma GCC unroll 4
    for (std::size_t j = 0; j < M; ++j) {
        line<X, M> column;
#pragma GCC unroll 4
        for (std::size_t i = 0; i < M; ++i) column[i] = in[i][j];
        const auto made = f(column);
#pragma GCC unroll 4
        for (std::size_t i = 0; i < N; ++i) half[i][j] = made[i];
    }
    square<X, N> out;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < N; ++i) out[i] = f(half[i]);
    return out;
}

/// 16 matrices of one size, whose rows begin on whole registers.
template <class T>
struct planes {
    T* data;
    std::size_t stride, distance;

    /// The first rows and columns of matrix i.
    [[nodiscard]] matrix<T> operator()(std::size_t i, std::size_t rows, std::size_t cols) const {
        return {data + i * distance, rows, cols, stride};
    }
    /// The same element of all 16, as a square of registers.
    [[nodiscard, gnu::always_inline]] square<reg<T>, 4> load(std::size_t row, std::size_t col) const {
        square<reg<T>, 4> m;
        const T* const from = data + row * stride + col;
        each_of<4>([&](auto i, auto j) { m[i][j] = reg<T>::load_aligned(from + (4 * i + j) * distance); });
        return m;
    }
    [[gnu::always_inline]] void store(std::size_t row, std::size_t col, const square<reg<T>, 4>& m) const {
        T* const to = data + row * stride + col;
        each_of<4>([&](auto i, auto j) { m[i][j].store_aligned(to + (4 * i + j) * distance); });
    }
};

/// A tile: its image, the pixel where it begins, and whether it has a second row and column of results.
struct tile {
    std::size_t image, row, col;
    bool below, right;
};

/// How images fall into tiles, and tiles into chunks: rows of tiles, of one image or many.
template <class T>
struct tiling {
    const convolution_shape& s;
    std::size_t down = (s.out.height + 1) / 2, across = (s.out.width + 1) / 2;

    /// V and M of a chunk stay in the L2 cache (1 MiB here), beside x, z and U. Of this or one row of tiles, whichever is more.
    static constexpr std::size_t chunk_bytes = std::size_t{7} << 16;
    std::size_t rows_at_once =
        std::max<std::size_t>(1, chunk_bytes / (16 * sizeof(T) * (s.channels + s.filters)) / across);

    /// f(first row, rows, their tiles) for each chunk; at most `chunk()` tiles.
    void each_chunk(std::size_t images, auto&& f) const {
        const std::size_t all = images * down;
        for (std::size_t row = 0; row < all; row += rows_at_once) {
            const std::size_t rows = std::min(rows_at_once, all - row);
            f(row, rows, rows * across);
        }
    }
    [[nodiscard]] std::size_t chunk() const { return rows_at_once * across; }

    /// f(t, tile), t counted from 0.
    void each_tile(std::size_t row, std::size_t rows, auto&& f) const {
        for (std::size_t t = 0, end = row + rows; row < end; ++row) {
            const std::size_t image = row / down, i = row % down * 2;
            for (std::size_t j = 0; j < 2 * across; j += 2, ++t)
                f(t, tile{image, i, j, i + 1 < s.out.height, j + 1 < s.out.width});
        }
    }
};

/// How a whole register is read and written, and how the part of one at the end of a row.
template <class T>
struct whole_register {
    [[nodiscard]] reg<T> load(const T* p) const { return reg<T>::load_unaligned(p); }
    void store(T* p, const reg<T>& r) const { r.store_unaligned(p); }
};
template <class T>
struct part_of_register {
    std::size_t n;
    [[nodiscard]] reg<T> load(const T* p) const { return load_part(p, n); }
    void store(T* p, const reg<T>& r) const { store_part(p, n, r); }
};

/// f(i, access) for each register of a row of n.
template <class T>
void each_register(std::size_t n, auto&& f) {
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>) f(i, whole_register<T>{});
    if (i < n) f(i, part_of_register<T>{n - i});
}

/// U = G W Gᵀ.
template <class T>
void transform_filters(const convolution_shape& s, const T* W, planes<T> U) {
    for (std::size_t c = 0; c < s.channels; ++c)
        each_register<T>(s.filters, [&](std::size_t o, auto access) {
            square<reg<T>, 3> g;
            each_of<3>([&](auto i, auto j) { g[i][j] = access.load(W + ((3 * i + j) * s.channels + c) * s.filters + o); });
            U.store(c, o, along_both(filter, g));
        });
}

/// dW = Gᵀ dU G.
template <class T>
void transform_filters_gradient(const convolution_shape& s, planes<T> dU, T* dW) {
    for (std::size_t c = 0; c < s.channels; ++c)
        each_register<T>(s.filters, [&](std::size_t o, auto access) {
            const auto dg = along_both(filter_gradient, dU.load(c, o));
            each_of<3>([&](auto i, auto j) { access.store(dW + ((3 * i + j) * s.channels + c) * s.filters + o, dg[i][j]); });
        });
}

/// V = Bᵀ d B. Where a tile reaches over the edge, its third line is read for its fourth too: what comes of that is not
/// stored, and meets no gradient.
template <class T>
void transform_data(const tiling<T>& tiles, std::size_t row, std::size_t rows, const T* x, planes<T> V) {
    const auto& s = tiles.s;
    tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
        const T* const from = x + p.image * s.image() + s.window_at(p.row, p.col);
        const line<std::size_t, 4> down{0, s.row(), 2 * s.row(), (p.below ? 3 : 2) * s.row()};
        const line<std::size_t, 4> across{0, s.channels, 2 * s.channels, (p.right ? 3 : 2) * s.channels};
        each_register<T>(s.channels, [&](std::size_t c, auto access) {
            square<reg<T>, 4> d;
            each_of<4>([&](auto i, auto j) { d[i][j] = access.load(from + down[i] + across[j] + c); });
            V.store(t, c, along_both(data, d));
        });
    });
}

/// dx = Σ B dV Bᵀ of tiles that overlap by two. Along a row of tiles the last two columns wait in registers for the next
/// tile; the lower two lines wait in dx for the tiles below.
template <class T>
void transform_data_gradient(const tiling<T>& tiles, std::size_t row, std::size_t rows, planes<T> dV, T* dx) {
    const auto& s = tiles.s;
    each_register<T>(s.channels, [&](std::size_t c, auto access) {
        line<line<reg<T>, 2>, 4> waiting{};
        tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
            T* const to = dx + p.image * s.image() + s.window_at(p.row, p.col) + c;
            auto d = along_both(data_gradient, dV.load(t, c));
            const auto put = [&](std::size_t i, std::size_t j) {
                T* const pixel = to + i * s.row() + j * s.channels;
                access.store(pixel, i < 2 && p.row > 0 ? reg<T>(access.load(pixel) + d[i][j]) : d[i][j]);
            };
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i) {
                if (p.col > 0) d[i][0] += waiting[i][0], d[i][1] += waiting[i][1];
                waiting[i] = {d[i][2], d[i][3]};
                if (i == 3 && !p.below) continue;
                put(i, 0), put(i, 1);
                if (p.col + 2 < s.out.width) continue;
                put(i, 2);
                if (p.right) put(i, 3);
            }
        });
    });
}

/// z = Aᵀ M A + b.
template <class T>
void transform_output(const tiling<T>& tiles, std::size_t row, std::size_t rows, planes<T> M, const T* bias, T* z) {
    const auto& s = tiles.s;
    const std::size_t next = s.filters, below = s.out.width * s.filters;
    tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
        T* const to = z + p.image * s.result() + p.row * below + p.col * next;
        each_register<T>(s.filters, [&](std::size_t o, auto access) {
            const auto y = along_both(output, M.load(t, o));
            const reg<T> b = bias ? access.load(bias + o) : reg<T>(T(0));
            access.store(to + o, y[0][0] + b);
            if (p.right) access.store(to + next + o, y[0][1] + b);
            if (p.below) access.store(to + below + o, y[1][0] + b);
            if (p.below && p.right) access.store(to + below + next + o, y[1][1] + b);
        });
    });
}

/// dM = A dz Aᵀ. A result that a tile lacks has no gradient.
template <class T>
void transform_output_gradient(const tiling<T>& tiles, std::size_t row, std::size_t rows, const T* dz, planes<T> dM) {
    const auto& s = tiles.s;
    const std::size_t next = s.filters, below = s.out.width * s.filters;
    tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
        const T* const from = dz + p.image * s.result() + p.row * below + p.col * next;
        each_register<T>(s.filters, [&](std::size_t o, auto access) {
            const reg<T> none(T(0));
            square<reg<T>, 2> y;
            y[0] = {access.load(from + o), p.right ? access.load(from + next + o) : none};
            y[1] = {p.below ? access.load(from + below + o) : none, p.below && p.right ? access.load(from + below + next + o) : none};
            dM.store(t, o, along_both(output_gradient, y));
        });
    });
}

}  // namespace gradus::kernels::winograd
