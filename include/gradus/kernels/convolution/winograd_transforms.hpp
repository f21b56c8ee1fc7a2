#pragma once
/// \file
/// The transforms of Winograd's convolution, in one dimension and of tensors; `winograd.hpp` explains them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>

#include "gradus/kernels/convolution/shape.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/matrix.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus::kernels::winograd {

template <class X, std::size_t N>
using line = std::array<X, N>;

/// F(m, 3): m results from m + 2 numbers and a filter of size 3, with m + 2 multiplications.
///     z = Aᵀ ((G g) ∘ (Bᵀ d))                    d (m + 2)   g (3)   z (m)
///   u = G g     dg = Gᵀ du                       [winograd.filter]   [winograd.filter_gradient]
///   v = Bᵀ d    dd = B dv                        [winograd.data]     [winograd.data_gradient]
///   z = Aᵀ m    dm = A dz                        [winograd.output]   [winograd.output_gradient]
template <std::size_t m>
struct F;

/// Polynomials at 0, 1, −1, ∞. The last of v and of m have the opposite sign of Lavin and Gray's, to avoid a negation.
template <>
struct F<2> {
    static constexpr auto filter = []<class X>(const line<X, 3>& g) -> line<X, 4> {
        return {g[0], constant<X>(0.5) * (g[0] + g[1] + g[2]), constant<X>(0.5) * (g[0] - g[1] + g[2]), g[2]};
    };
    static constexpr auto data = []<class X>(const line<X, 4>& d) -> line<X, 4> {
        return {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[3] - d[1]};
    };
    static constexpr auto output = []<class X>(const line<X, 4>& m) -> line<X, 2> {
        return {m[0] + m[1] + m[2], m[1] - m[2] + m[3]};
    };
    static constexpr auto filter_gradient = []<class X>(const line<X, 4>& du) -> line<X, 3> {
        const X even = constant<X>(0.5) * (du[1] + du[2]), odd = constant<X>(0.5) * (du[1] - du[2]);
        return {du[0] + even, odd, even + du[3]};
    };
    static constexpr auto data_gradient = []<class X>(const line<X, 4>& dv) -> line<X, 4> {
        return {dv[0], dv[1] - dv[2] - dv[3], dv[1] + dv[2] - dv[0], dv[3]};
    };
    static constexpr auto output_gradient = []<class X>(const line<X, 2>& dz) -> line<X, 4> {
        return {dz[0], dz[0] + dz[1], dz[0] - dz[1], dz[1]};
    };
};

/// Polynomials at 0, 1, −1, 2, −2, ∞: the even and the odd terms are summed once for both signs of a point.
template <>
struct F<4> {
    static constexpr auto filter = []<class X>(const line<X, 3>& g) -> line<X, 6> {
        const X even1 = constant<X>(-1.0 / 6) * (g[0] + g[2]), odd1 = constant<X>(-1.0 / 6) * g[1];
        const X even2 = constant<X>(1.0 / 24) * (g[0] + 4 * g[2]), odd2 = constant<X>(1.0 / 12) * g[1];
        return {constant<X>(0.25) * g[0], even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2, g[2]};
    };
    static constexpr auto data = []<class X>(const line<X, 6>& d) -> line<X, 6> {
        const X even1 = d[4] - 4 * d[2], odd1 = d[3] - 4 * d[1];
        const X even2 = d[4] - d[2], odd2 = 2 * (d[3] - d[1]);
        return {4 * d[0] - 5 * d[2] + d[4], even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2,
                4 * d[1] - 5 * d[3] + d[5]};
    };
    static constexpr auto output = []<class X>(const line<X, 6>& m) -> line<X, 4> {
        const X even1 = m[1] + m[2], odd1 = m[1] - m[2], even2 = m[3] + m[4], odd2 = m[3] - m[4];
        return {m[0] + even1 + even2, odd1 + 2 * odd2, even1 + 4 * even2, odd1 + 8 * odd2 + m[5]};
    };
    static constexpr auto filter_gradient = []<class X>(const line<X, 6>& du) -> line<X, 3> {
        const X even1 = constant<X>(1.0 / 6) * (du[1] + du[2]), odd1 = constant<X>(1.0 / 6) * (du[1] - du[2]);
        const X even2 = constant<X>(1.0 / 24) * (du[3] + du[4]), odd2 = constant<X>(1.0 / 12) * (du[3] - du[4]);
        return {constant<X>(0.25) * du[0] - even1 + even2, odd2 - odd1, 4 * even2 - even1 + du[5]};
    };
    static constexpr auto data_gradient = []<class X>(const line<X, 6>& dv) -> line<X, 6> {
        const X even1 = dv[1] + dv[2], odd1 = dv[1] - dv[2], even2 = dv[3] + dv[4], odd2 = 2 * (dv[3] - dv[4]);
        return {4 * dv[0], 4 * (dv[5] - odd1) - odd2, -5 * dv[0] - 4 * even1 - even2,
                odd1 + odd2 - 5 * dv[5], dv[0] + even1 + even2, dv[5]};
    };
    static constexpr auto output_gradient = []<class X>(const line<X, 4>& dz) -> line<X, 6> {
        const X even1 = dz[0] + dz[2], odd1 = dz[1] + dz[3], even2 = dz[0] + 4 * dz[2], odd2 = 2 * dz[1] + 8 * dz[3];
        return {dz[0], even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2, dz[3]};
    };
};

/// Applies a one-dimensional formula along both axes of the M x M square get(i, j), and calls put(i, j, y) for each
/// element of the result Fᵀ X F. Unrolled and inlined explicitly: arrays that are indexed by a variable or passed to a
/// call would not stay in registers.
template <std::size_t M>
[[gnu::always_inline]] inline void along_both(auto formula, auto&& get, auto&& put) {
    using X = decltype(get(M, M));
    constexpr std::size_t N = std::tuple_size_v<decltype(formula(line<X, M>{}))>;
    line<line<X, M>, N> half;
#pragma GCC unroll 6
    for (std::size_t j = 0; j < M; ++j) {
        line<X, M> column;
#pragma GCC unroll 6
        for (std::size_t i = 0; i < M; ++i) column[i] = get(i, j);
        const auto made = formula(column);
#pragma GCC unroll 6
        for (std::size_t i = 0; i < N; ++i) half[i][j] = made[i];
    }
#pragma GCC unroll 6
    for (std::size_t i = 0; i < N; ++i) {
        const auto made = formula(half[i]);
#pragma GCC unroll 6
        for (std::size_t j = 0; j < N; ++j) put(i, j, made[j]);
    }
}

/// A tile: its image, its first pixel, and its numbers of result rows and columns, which are smaller at the edge.
struct tile {
    std::size_t image, row, col, rows, cols;
};

/// The division of images into tiles, and of tiles into chunks: rows of tiles of one or more images.
template <class T, std::size_t m>
struct tiling {
    static constexpr std::size_t side = m + 2, products = side * side;

    const convolution_shape& s;
    std::size_t down = (s.out.height + m - 1) / m, across = (s.out.width + m - 1) / m;
    std::size_t rows_at_once = rows_that_fit();

    /// V and M of a chunk stay in the L2 cache (1 MiB here) together with U. U is read once per chunk: if it is larger
    /// than the cache, a minimum number of tiles makes up for that.
    static constexpr std::size_t chunk_bytes = std::size_t{3} << 18, fewest_tiles = 64;
    [[nodiscard]] std::size_t rows_that_fit() const {
        const std::size_t fit = chunk_bytes / (products * sizeof(T) * (s.channels + s.filters));
        const std::size_t rows = std::max<std::size_t>(1, std::max(fit, fewest_tiles) / across);
        return rows < 8 ? rows : rows / 8 * 8;  // fills whole tiles of the product
    }
    [[nodiscard]] std::size_t chunk() const { return rows_at_once * across; }

    /// f(first row, rows, their tiles) for each chunk.
    void each_chunk(std::size_t images, auto&& f) const {
        const std::size_t all = images * down;
        for (std::size_t row = 0; row < all; row += rows_at_once) {
            const std::size_t rows = std::min(rows_at_once, all - row);
            f(row, rows, rows * across);
        }
    }
    /// f(t, tile) for the tiles of a chunk, t counted from 0.
    void each_tile(std::size_t row, std::size_t rows, auto&& f) const {
        for (std::size_t t = 0, end = row + rows; row < end; ++row) {
            const std::size_t image = row / down, i = row % down * m;
            for (std::size_t j = 0; j < m * across; j += m, ++t)
                f(t, tile{image, i, j, std::min(m, s.out.height - i), std::min(m, s.out.width - j)});
        }
    }
};

/// One matrix for each product of a tile, all of the same size. Their rows are aligned to whole registers.
template <class T, std::size_t m>
struct planes {
    T* data;
    std::size_t stride, distance;

    /// The first `rows` rows and `cols` columns of matrix i.
    [[nodiscard]] matrix<T> operator()(std::size_t i, std::size_t rows, std::size_t cols) const {
        return {data + i * distance, rows, cols, stride};
    }
    /// The registers at one position of all matrices, as a square to read (`from`) and to write (`to`).
    [[nodiscard]] auto from(std::size_t row, std::size_t col) const {
        return [p = data + row * stride + col, d = distance](std::size_t i, std::size_t j) {
            return reg<T>::load_aligned(p + (i * (m + 2) + j) * d);
        };
    }
    [[nodiscard]] auto to(std::size_t row, std::size_t col) const {
        return [p = data + row * stride + col, d = distance](std::size_t i, std::size_t j, const reg<T>& r) {
            r.store_aligned(p + (i * (m + 2) + j) * d);
        };
    }
};

/// Access to a whole register, and to a partial one at the end of a row. The latter is not inlined: it would make up
/// most of the program's code.
template <class T>
struct whole_register {
    [[nodiscard]] reg<T> load(const T* p) const { return reg<T>::load_unaligned(p); }
    void store(T* p, const reg<T>& r) const { r.store_unaligned(p); }
};
template <class T>
struct part_of_register {
    std::size_t n;
    [[nodiscard, gnu::noinline]] reg<T> load(const T* p) const { return load_part(p, n); }
    [[gnu::noinline]] void store(T* p, const reg<T>& r) const { store_part(p, n, r); }
};

/// f(i, access) for each register of a row of n.
template <class T>
void each_register(std::size_t n, auto&& f) {
    std::size_t i = 0;
    for (; i + width<T> <= n; i += width<T>) f(i, whole_register<T>{});
    if (i < n) f(i, part_of_register<T>{n - i});
}

/// U = G W Gᵀ.
template <class T, std::size_t m>
void transform_filters(const convolution_shape& s, const T* W, planes<T, m> U) {
    for (std::size_t c = 0; c < s.channels; ++c)
        each_register<T>(s.filters, [&](std::size_t o, auto access) {
            const auto w = [&](auto i, auto j) { return access.load(W + ((3 * i + j) * s.channels + c) * s.filters + o); };
            along_both<3>(F<m>::filter, w, U.to(c, o));
        });
}

/// dW = Gᵀ dU G.
template <class T, std::size_t m>
void transform_filters_gradient(const convolution_shape& s, planes<T, m> dU, T* dW) {
    for (std::size_t c = 0; c < s.channels; ++c)
        each_register<T>(s.filters, [&](std::size_t o, auto access) {
            const auto put = [&](auto i, auto j, auto dw) {
                access.store(dW + ((3 * i + j) * s.channels + c) * s.filters + o, dw);
            };
            along_both<m + 2>(F<m>::filter_gradient, dU.from(c, o), put);
        });
}

/// V = Bᵀ d B. For a tile that extends beyond the edge, the last line of pixels is repeated; the results computed from
/// it are not stored and get no gradient.
template <class T, std::size_t m>
void transform_data(const tiling<T, m>& tiles, std::size_t row, std::size_t rows, const T* x, planes<T, m> V) {
    const auto& s = tiles.s;
    tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
        const T* const first = x + p.image * s.image() + s.window_at(p.row, p.col);
        line<std::size_t, m + 2> down, across;
        for (std::size_t i = 0; i < m + 2; ++i)
            down[i] = std::min(i, p.rows + 1) * s.row(), across[i] = std::min(i, p.cols + 1) * s.channels;
        each_register<T>(s.channels, [&](std::size_t c, auto access) {
            const auto d = [&](auto i, auto j) { return access.load(first + down[i] + across[j] + c); };
            along_both<m + 2>(F<m>::data, d, V.to(t, c));
        });
    });
}

/// dx = Σ B dV Bᵀ of tiles that overlap by two. Along a row of tiles the last two columns are kept for the next tile;
/// the last two lines are kept in dx for the tiles below.
template <class T, std::size_t m>
void transform_data_gradient(const tiling<T, m>& tiles, std::size_t row, std::size_t rows, planes<T, m> dV, T* dx) {
    const auto& s = tiles.s;
    each_register<T>(s.channels, [&](std::size_t c, auto access) {
        line<line<reg<T>, 2>, m + 2> waiting{};
        tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
            T* const first = dx + p.image * s.image() + s.window_at(p.row, p.col) + c;
            const bool last = p.col + m >= s.out.width;
            const auto put = [&](auto i, auto j, auto d) {
                if (j < 2 && p.col > 0) d += waiting[i][j];
                if (j >= m) waiting[i][j - m] = d;
                if (i >= p.rows + 2 || j >= p.cols + 2 || (j >= m && !last)) return;
                T* const pixel = first + i * s.row() + j * s.channels;
                access.store(pixel, i < 2 && p.row > 0 ? reg<T>(access.load(pixel) + d) : d);
            };
            along_both<m + 2>(F<m>::data_gradient, dV.from(t, c), put);
        });
    });
}

/// z = Aᵀ M A + b.
template <class T, std::size_t m>
void transform_output(const tiling<T, m>& tiles, std::size_t row, std::size_t rows, planes<T, m> M, const T* bias, T* z) {
    const auto& s = tiles.s;
    const std::size_t O = s.filters, below = s.out.width * O;
    tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
        T* const first = z + p.image * s.result() + p.row * below + p.col * O;
        each_register<T>(O, [&](std::size_t o, auto access) {
            const reg<T> b = bias ? access.load(bias + o) : reg<T>(T(0));
            const auto put = [&](auto i, auto j, auto y) {
                if (i < p.rows && j < p.cols) access.store(first + i * below + j * O + o, y + b);
            };
            along_both<m + 2>(F<m>::output, M.from(t, o), put);
        });
    });
}

/// dM = A dz Aᵀ. Results beyond the edge have no gradient.
template <class T, std::size_t m>
void transform_output_gradient(const tiling<T, m>& tiles, std::size_t row, std::size_t rows, const T* dz, planes<T, m> dM) {
    const auto& s = tiles.s;
    const std::size_t O = s.filters, below = s.out.width * O;
    tiles.each_tile(row, rows, [&](std::size_t t, const tile& p) {
        const T* const first = dz + p.image * s.result() + p.row * below + p.col * O;
        each_register<T>(O, [&](std::size_t o, auto access) {
            const auto d = [&](auto i, auto j) {
                return i < p.rows && j < p.cols ? access.load(first + i * below + j * O + o) : reg<T>(T(0));
            };
            along_both<m>(F<m>::output_gradient, d, dM.to(t, o));
        });
    });
}

}  // namespace gradus::kernels::winograd
