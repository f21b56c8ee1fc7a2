#pragma once
/// \file
/// Convolution by Winograd's F(2 x 2, 3 x 3): 2 x 2 results z of one filter from a tile of 4 x 4 pixels, with 16 products
/// where the book takes 36. Serves filters of 3 x 3 that move by one pixel.
///
/// Two results of a filter of three, along a line, take 4 products where the book takes 6:
///     z = Aᵀ ((G g) ∘ (Bᵀ d))      d (4)   g (3)   z (2)
/// and in the plane the same along both axes, Z = Aᵀ ((G g Gᵀ) ∘ (Bᵀ d B)) A. Summed over channels, each of the 16
/// products is one of matrices, and there the time goes:
///     U = G W Gᵀ (16, C, O)     V = Bᵀ x B (16, tiles, C)     Mᵢ = Vᵢ Uᵢ (tiles, O)     z = Aᵀ M A + b
/// The way back is the transpose of each step, in reverse:
///     dM = A dz Aᵀ     dUᵢ = Vᵢᵀ dMᵢ     dVᵢ = dMᵢ Uᵢᵀ     dW = Gᵀ dU G     dx = Σ over tiles of B dV Bᵀ
///
/// Source: Winograd, "Arithmetic complexity of computations" (1980); Lavin and Gray, "Fast algorithms for convolutional
/// neural networks" (2015), whose last row of Bᵀ and of Aᵀ has the other sign: so written, no formula negates.

#include <algorithm>
#include <array>
#include <cstddef>

#include "gradus/kernels/convolution_shape.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/matrix_product.hpp"

namespace gradus::kernels::winograd {

template <class X, std::size_t N>
using line = std::array<X, N>;
template <class X, std::size_t N>
using square = line<line<X, N>, N>;

/// u = G g                                                                                           [winograd.filter]
inline constexpr auto filter = []<class X>(const line<X, 3>& g) -> line<X, 4> {
    const X half(0.5);
    return {g[0], half * (g[0] + g[1] + g[2]), half * (g[0] - g[1] + g[2]), g[2]};
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
    const X half(0.5);
    return {du[0] + half * (du[1] + du[2]), half * (du[1] - du[2]), half * (du[1] + du[2]) + du[3]};
};

/// A formula of a line, along both axes of the plane: columns first, then rows.
template <class F, class X, std::size_t M>
[[nodiscard]] auto plane(F f, const square<X, M>& in) {
    constexpr std::size_t N = std::tuple_size_v<decltype(f(in[0]))>;
    square<X, N> out;
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
#pragma GCC unroll 4
    for (std::size_t i = 0; i < N; ++i) out[i] = f(half[i]);
    return out;
}

/// How an image falls into tiles, and a row of channels or filters into registers.
template <class T>
struct tiling {
    std::size_t down, across, c, o;

    explicit tiling(const convolution_shape& s)
        : down((s.out.height + 1) / 2), across((s.out.width + 1) / 2), c(whole(s.channels)), o(whole(s.filters)) {}
    [[nodiscard]] static constexpr std::size_t whole(std::size_t n) { return (n + width<T> - 1) / width<T> * width<T>; }
    [[nodiscard]] std::size_t per_image() const { return down * across; }

    /// Tiles at a time.
    [[nodiscard]] std::size_t chunk() const {
        const std::size_t fit = chunk_bytes / (16 * (c + o) * sizeof(T));
        return std::clamp<std::size_t>(fit / 8 * 8, 32, 1024);
    }
    static constexpr std::size_t chunk_bytes = 442368;
};

/// What the products read and write: U, its transpose and dU of (16, C, O), V and M of one chunk, (16, tiles, C) and
/// (16, tiles, O). Grows to what is asked of it and stays.
template <class T>
struct workspace {
    tensor<T, 1> U, U_transposed, dU, V, M;

    static T* grown(tensor<T, 1>& buffer, std::size_t n) {
        if (buffer.size() < n) reshape(buffer, std::array{n});
        return buffer.data();
    }
};

/// Whether the shape is one that Winograd's tiles serve.
[[nodiscard]] inline bool serves(const convolution_shape& s) {
    return s.kernel == size2d{3} && s.stride == size2d{1} && s.dilation == size2d{1} && s.groups == 1;
}

/// A tile: its image, the pixel where it begins, and whether it has a second row and column of results.
struct place {
    std::size_t image, row, col;
    bool below, right;
};

/// f(t, place) for `count` tiles from `first` on, counted through all images.
template <class T, class F>
void each_tile(const convolution_shape& s, std::size_t first, std::size_t count, F&& f) {
    const tiling<T> of(s);
    std::size_t image = first / of.per_image(), i = first % of.per_image() / of.across, j = first % of.across;
    for (std::size_t t = 0; t < count; ++t) {
        f(t, place{image, 2 * i, 2 * j, 2 * i + 1 < s.out.height, 2 * j + 1 < s.out.width});
        if (++j < of.across) continue;
        j = 0;
        if (++i < of.down) continue;
        i = 0, ++image;
    }
}

/// V = Bᵀ d B of tiles. Where a tile reaches over the edge, d repeats its third line: what comes of the fourth is not
/// stored, and no gradient comes back to it.
template <class T>
void transform_data(const convolution_shape& s, const T* x, std::size_t first, std::size_t count, T* V) {
    const tiling<T> of(s);
    const std::size_t plane_size = of.chunk() * of.c;
    each_tile<T>(s, first, count, [&](std::size_t t, const place& p) {
        const T* const d = x + p.image * s.image() + s.window_at(p.row, p.col);
        const std::size_t row[] = {0, s.row(), 2 * s.row(), (p.below ? 3 : 2) * s.row()};
        const std::size_t col[] = {0, s.channels, 2 * s.channels, (p.right ? 3 : 2) * s.channels};
        for (std::size_t c = 0; c < s.channels; c += width<T>) {
            square<reg<T>, 4> tile;
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j) tile[i][j] = load_at(d + row[i] + col[j], c, s.channels);
            const auto v = plane(data, tile);
            T* const to = V + t * of.c + c;
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j) v[i][j].store_aligned(to + (4 * i + j) * plane_size);
        }
    });
}

/// z = Aᵀ M A + b of tiles.
template <class T>
void transform_output(const convolution_shape& s, const T* M, const T* bias, std::size_t first, std::size_t count, T* z) {
    const tiling<T> of(s);
    const std::size_t plane_size = of.chunk() * of.o, row = s.out.width * s.filters;
    each_tile<T>(s, first, count, [&](std::size_t t, const place& p) {
        T* const to = z + p.image * s.result() + p.row * row + p.col * s.filters;
        for (std::size_t o = 0; o < s.filters; o += width<T>) {
            const T* const from = M + t * of.o + o;
            square<reg<T>, 4> m;
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j) m[i][j] = reg<T>::load_aligned(from + (4 * i + j) * plane_size);
            const auto y = plane(output, m);
            const reg<T> b = bias ? load_at(bias, o, s.filters) : reg<T>(T(0));
            store_at(to, o, s.filters, reg<T>(y[0][0] + b));
            if (p.right) store_at(to + s.filters, o, s.filters, reg<T>(y[0][1] + b));
            if (p.below) store_at(to + row, o, s.filters, reg<T>(y[1][0] + b));
            if (p.below && p.right) store_at(to + row + s.filters, o, s.filters, reg<T>(y[1][1] + b));
        }
    });
}

/// dM = A dz Aᵀ of tiles: results that a tile lacks have no gradient.
template <class T>
void transform_output_gradient(const convolution_shape& s, const T* dz, std::size_t first, std::size_t count, T* dM) {
    const tiling<T> of(s);
    const std::size_t plane_size = of.chunk() * of.o, row = s.out.width * s.filters;
    const reg<T> none(T(0));
    each_tile<T>(s, first, count, [&](std::size_t t, const place& p) {
        const T* const from = dz + p.image * s.result() + p.row * row + p.col * s.filters;
        for (std::size_t o = 0; o < s.filters; o += width<T>) {
            square<reg<T>, 2> y;
            y[0][0] = load_at(from, o, s.filters);
            y[0][1] = p.right ? load_at(from + s.filters, o, s.filters) : none;
            y[1][0] = p.below ? load_at(from + row, o, s.filters) : none;
            y[1][1] = p.below && p.right ? load_at(from + row + s.filters, o, s.filters) : none;
            const auto m = plane(output_gradient, y);
            T* const to = dM + t * of.o + o;
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j) m[i][j].store_aligned(to + (4 * i + j) * plane_size);
        }
    });
}

/// dx += B dV Bᵀ of tiles: each pixel belongs to up to four.
template <class T>
void transform_data_gradient(const convolution_shape& s, const T* dV, std::size_t first, std::size_t count, T* dx) {
    const tiling<T> of(s);
    const std::size_t plane_size = of.chunk() * of.c;
    each_tile<T>(s, first, count, [&](std::size_t t, const place& p) {
        T* const to = dx + p.image * s.image() + s.window_at(p.row, p.col);
        const std::size_t rows = p.below ? 4 : 3, cols = p.right ? 4 : 3;
        for (std::size_t c = 0; c < s.channels; c += width<T>) {
            const T* const from = dV + t * of.c + c;
            square<reg<T>, 4> v;
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j) v[i][j] = reg<T>::load_aligned(from + (4 * i + j) * plane_size);
            const auto d = plane(data_gradient, v);
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j) {
                    if (i >= rows || j >= cols) continue;
                    T* const pixel = to + i * s.row() + j * s.channels;
                    store_at(pixel, c, s.channels, reg<T>(load_at(pixel, c, s.channels) + d[i][j]));
                }
        }
    });
}

/// U = G W Gᵀ, once for all chunks.
template <class T>
void prepare(const convolution_shape& s, const T* W, workspace<T>& work) {
    const tiling<T> of(s);
    T* const U = work.grown(work.U, 16 * s.channels * of.o);
    for (std::size_t c = 0; c < s.channels; ++c)
        for (std::size_t o = 0; o < s.filters; o += width<T>) {
            square<reg<T>, 3> g;
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 3; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 3; ++j)
                    g[i][j] = load_at(W + ((3 * i + j) * s.channels + c) * s.filters, o, s.filters);
            const auto u = plane(filter, g);
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j)
                    u[i][j].store_aligned(U + ((4 * i + j) * s.channels + c) * of.o + o);
        }
}

/// f(first, count) for each chunk of the tiles of all images.
template <class T, class F>
void each_chunk(const convolution_shape& s, std::size_t images, F&& f) {
    const tiling<T> of(s);
    const std::size_t tiles = images * of.per_image(), chunk = of.chunk();
    for (std::size_t first = 0; first < tiles; first += chunk) f(first, std::min(chunk, tiles - first));
}

/// z = Aᵀ (Σ_c U ∘ V) A + b, after `prepare`.
template <class T>
void forward(const convolution_shape& s, std::size_t images, const T* x, const T* bias, T* z, workspace<T>& work) {
    const tiling<T> of(s);
    const T* const U = work.U.data();
    T* const V = work.grown(work.V, 16 * of.chunk() * of.c);
    T* const M = work.grown(work.M, 16 * of.chunk() * of.o);
    each_chunk<T>(s, images, [&](std::size_t first, std::size_t tiles) {
        transform_data(s, x, first, tiles, V);                                             // V = Bᵀ d B
        for (std::size_t i = 0; i < 16; ++i)                                               // Mᵢ = Vᵢ Uᵢ
            product<T>(1, {V + i * of.chunk() * of.c, tiles, s.channels, of.c},
                       {U + i * s.channels * of.o, s.channels, of.o, of.o}, 0,
                       matrix<T>{M + i * of.chunk() * of.o, tiles, of.o, of.o});
        transform_output(s, M, bias, first, tiles, z);                                     // z = Aᵀ M A + b
    });
}

/// dUᵢ = Vᵢᵀ dMᵢ, added to what earlier chunks left unless it is the first.
template <class T>
void weights_gradient(const convolution_shape& s, std::size_t images, const T* x, const T* dz, workspace<T>& work, bool first_chunk) {
    const tiling<T> of(s);
    T* const dU = work.grown(work.dU, 16 * s.channels * of.o);
    T* const V = work.grown(work.V, 16 * of.chunk() * of.c);
    T* const dM = work.grown(work.M, 16 * of.chunk() * of.o);
    each_chunk<T>(s, images, [&](std::size_t first, std::size_t tiles) {
        transform_data(s, x, first, tiles, V);
        transform_output_gradient(s, dz, first, tiles, dM);
        const T beta = first_chunk && first == 0 ? T(0) : T(1);
        for (std::size_t i = 0; i < 16; ++i) {
            T* const du = dU + i * s.channels * of.o;
            product<T>(1, {V + i * of.chunk() * of.c, s.channels, tiles, of.c, true},
                       {dM + i * of.chunk() * of.o, tiles, of.o, of.o}, beta,
                       matrix<T>{du, s.channels, of.o, of.o});
        }
    });
}

/// dW = Gᵀ dU G, once after all chunks.
template <class T>
void finish_weights(const convolution_shape& s, const workspace<T>& work, T* dW) {
    const tiling<T> of(s);
    const T* const dU = work.dU.data();
    for (std::size_t c = 0; c < s.channels; ++c)
        for (std::size_t o = 0; o < s.filters; o += width<T>) {
            square<reg<T>, 4> du;
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 4; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 4; ++j)
                    du[i][j] = reg<T>::load_aligned(dU + ((4 * i + j) * s.channels + c) * of.o + o);
            const auto dg = plane(filter_gradient, du);
#pragma GCC unroll 4
            for (std::size_t i = 0; i < 3; ++i)
#pragma GCC unroll 4
                for (std::size_t j = 0; j < 3; ++j)
                    store_at(dW + ((3 * i + j) * s.channels + c) * s.filters, o, s.filters, dg[i][j]);
        }
}

/// Uᵢᵀ, once for all chunks.
template <class T>
void prepare_input(const convolution_shape& s, const T* W, workspace<T>& work) {
    const tiling<T> of(s);
    prepare(s, W, work);
    T* const turned = work.grown(work.U_transposed, 16 * s.filters * of.c);
    for (std::size_t i = 0; i < 16; ++i)
        builtin::pack_transposed(work.U.data() + i * s.channels * of.o, of.o, s.filters, s.channels,
                                 turned + i * s.filters * of.c, of.c);
}

/// dx = Σ over tiles of B (dM Uᵀ) Bᵀ, after `prepare_input`.
template <class T>
void input_gradient(const convolution_shape& s, std::size_t images, const T* dz, T* dx, workspace<T>& work) {
    const tiling<T> of(s);
    const T* const turned = work.U_transposed.data();
    T* const dV = work.grown(work.V, 16 * of.chunk() * of.c);
    T* const dM = work.grown(work.M, 16 * of.chunk() * of.o);
    std::fill_n(dx, images * s.image(), T(0));
    each_chunk<T>(s, images, [&](std::size_t first, std::size_t tiles) {
        transform_output_gradient(s, dz, first, tiles, dM);                                // dM = A dz Aᵀ
        for (std::size_t i = 0; i < 16; ++i)                                               // dVᵢ = dMᵢ Uᵢᵀ
            product<T>(1, {dM + i * of.chunk() * of.o, tiles, s.filters, of.o},
                       {turned + i * s.filters * of.c, s.filters, of.c, of.c}, 0,
                       matrix<T>{dV + i * of.chunk() * of.c, tiles, of.c, of.c});
        transform_data_gradient(s, dV, first, tiles, dx);                                  // dx += B dV Bᵀ
    });
}

}  // namespace gradus::kernels::winograd
