#pragma once
/// \file
/// The built-in matrix product, written with xsimd: used if no BLAS is linked, and wherever it is faster.
///
/// C is divided into tiles of R rows by V registers, whose sums stay in registers during the loop over k (Goto and van
/// de Geijn, "Anatomy of high-performance matrix multiplication", 2008). Unlike there, A is never packed: its elements
/// are broadcast from where they are, transposed or not; and B is packed only if its rows cannot be read in place.

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "gradus/kernels/matrix.hpp"

namespace gradus::kernels::builtin {

template <class T>
using batch = xsimd::batch<T>;

template <class T>
inline constexpr std::size_t lanes = batch<T>::size;

/// A full tile is 3 registers wide. With 32 registers: 24 sums, 3 of B, 1 of A; with 16: 12 sums, 3 of B, 1 of A.
inline constexpr std::size_t tile_width = 3;
template <class T>
inline constexpr std::size_t tile_rows = sizeof(batch<T>) == 64 ? 8 : 4;

/// Bytes of a panel of B. It stays in the L2 cache while it is multiplied with all rows of A; sequential reads suit the
/// prefetcher. 36 KiB, which would fit the L1 cache, is 2 to 8 % slower: C is read and written more often.
inline constexpr std::size_t panel_bytes = 98304;
template <class T>
inline constexpr std::size_t panel_depth = panel_bytes / (tile_width * sizeof(batch<T>));

/// Rows of A, panel_depth deep, that stay in the L2 cache while they are multiplied with the panels of B.
inline constexpr std::size_t block_rows = 512;

/// The operands of one tile of C = αAB + βD. D is C itself, or one row of biases (d_row = 0).
template <class T>
struct operands {
    std::size_t depth;
    const T* a;
    std::size_t a_row, a_step;  ///< A(i, k) = a[i * a_row + k * a_step]
    const T* b;
    std::size_t b_row;  ///< B(k, j) = b[k * b_row + j]
    const T* d;
    std::size_t d_row;
    T* c;
    std::size_t c_row;
    T alpha, beta;
};

/// One tile of C: R rows, V registers wide. The loops over r and v are unrolled explicitly: -O2 would not do it, and
/// sums that are indexed by a variable would not stay in registers.
template <std::size_t R, std::size_t V, class T>
void tile(const operands<T>& p) {
    batch<T> sum[R][V];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (std::size_t v = 0; v < V; ++v) sum[r][v] = batch<T>(T(0));

    const T* a = p.a;
    const T* b = p.b;
    for (std::size_t k = 0; k < p.depth; ++k, a += p.a_step, b += p.b_row) {
        batch<T> row[V];
#pragma GCC unroll 4
        for (std::size_t v = 0; v < V; ++v) row[v] = batch<T>::load_unaligned(b + v * lanes<T>);
#pragma GCC unroll 16
        for (std::size_t r = 0; r < R; ++r) {
            const batch<T> x(a[r * p.a_row]);
#pragma GCC unroll 4
            for (std::size_t v = 0; v < V; ++v) sum[r][v] = xsimd::fma(x, row[v], sum[r][v]);
        }
    }

    const batch<T> alpha(p.alpha), beta(p.beta);
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (std::size_t v = 0; v < V; ++v) {
            batch<T> c = alpha * sum[r][v];
            if (p.beta != T(0)) c = xsimd::fma(beta, batch<T>::load_unaligned(p.d + r * p.d_row + v * lanes<T>), c);
            c.store_unaligned(p.c + r * p.c_row + v * lanes<T>);
        }
}

/// A register of 128 bits on every processor, or void if there is none for T.
template <class T>
using quarter = xsimd::make_sized_batch_t<T, 16 / sizeof(T)>;

/// Copies n elements of a short row: whole registers, then quarters, of which the last may overlap the previous
/// quarter. No quarter overlaps a whole register: a load from memory written by two stores has to wait for both.
template <class T>
void copy(const T* from, std::size_t n, T* to) {
    constexpr std::size_t q = 16 / sizeof(T);
    std::size_t j = 0;
    for (; j + lanes<T> <= n; j += lanes<T>) batch<T>::load_unaligned(from + j).store_unaligned(to + j);
    if constexpr (!std::is_void_v<quarter<T>>)
        if (n - j >= q)
            for (; j < n; j += q) {
                j = std::min(j, n - q);
                quarter<T>::load_unaligned(from + j).store_unaligned(to + j);
            }
    for (; j < n; ++j) to[j] = from[j];
}

/// A column of tiles: as many of R rows as fit, the rest with R/2, R/4, ... If fewer than V registers of columns are
/// left, a tile is computed in a buffer and its columns are copied to C.
template <std::size_t R, std::size_t V, class T>
void column(operands<T>& p, std::size_t rows, std::size_t cols) {
    constexpr std::size_t width = V * lanes<T>;
    const std::size_t c_row = p.c_row, d_row = p.d_row;
    for (; rows >= R; rows -= R) {
        T* const c = p.c;
        const T* const d = p.d;
        alignas(64) T edge[R * width];
        if (cols < width) {
            if (p.beta != T(0))
                for (std::size_t r = 0; r < R; ++r) copy(d + r * d_row, cols, edge + r * width);
            p.d = p.c = edge;
            p.d_row = p.c_row = width;
        }
        tile<R, V>(p);
        if (cols < width)
            for (std::size_t r = 0; r < R; ++r) copy(edge + r * width, cols, c + r * c_row);
        p.a += R * p.a_row;
        p.d = d + R * d_row;
        p.c = c + R * c_row;
    }
    p.d_row = d_row;
    p.c_row = c_row;
    if constexpr (R > 1)
        if (rows > 0) column<R / 2, V>(p, rows, cols);
}

/// Copies a transposed B, `depth` x `cols`, to panel[k * width + j], in squares of 128-bit registers, whose
/// interleaving is the same on every processor. Columns beyond B repeat its last one; their sums are not used.
template <class T>
void pack_transposed(const T* b, std::size_t stride, std::size_t depth, std::size_t cols, T* panel, std::size_t width) {
    constexpr std::size_t q = 16 / sizeof(T);
    using square = quarter<T>;
    if constexpr (!std::is_void_v<square>)
        if (depth >= q) {
            for (std::size_t j = 0; j < width; j += q) {
                const T* column[q];
                for (std::size_t i = 0; i < q; ++i) column[i] = b + std::min(j + i, cols - 1) * stride;
                for (std::size_t next = 0; next < depth; next += q) {
                    const std::size_t k = std::min(next, depth - q);  // the last square may overlap the previous one
                    square x[q], y[q];
#pragma GCC unroll 4
                    for (std::size_t i = 0; i < q; ++i) x[i] = square::load_unaligned(column[i] + k);
#pragma GCC unroll 2
                    for (std::size_t stage = 1; stage < q; stage *= 2) {  // log2 q perfect shuffles of the rows
#pragma GCC unroll 2
                        for (std::size_t i = 0; i < q / 2; ++i) {
                            y[2 * i] = xsimd::zip_lo(x[i], x[i + q / 2]);
                            y[2 * i + 1] = xsimd::zip_hi(x[i], x[i + q / 2]);
                        }
#pragma GCC unroll 4
                        for (std::size_t i = 0; i < q; ++i) x[i] = y[i];
                    }
#pragma GCC unroll 4
                    for (std::size_t i = 0; i < q; ++i) x[i].store_aligned(panel + (k + i) * width + j);
                }
            }
            return;
        }
    for (std::size_t k = 0; k < depth; ++k)
        for (std::size_t j = 0; j < width; ++j) panel[k * width + j] = b[std::min(j, cols - 1) * stride + k];
}

/// The number of rows of B, from row k on, that may be read up to column `end`, beyond their own end: only if the next
/// row of B follows there in memory.
template <class T>
std::size_t readable_rows(matrix<const T> b, std::size_t k, std::size_t end) {
    if (end <= b.cols) return b.rows - k;
    if (b.stride != b.cols) return 0;
    const std::size_t last = (end - 1) / b.cols;  // rows at the end that would read beyond B
    return b.rows > k + last ? b.rows - k - last : 0;
}

/// Copies a B that is not transposed, used if its columns do not fill the panel or its rows are far apart. The first
/// `whole` rows may be read by whole registers.
template <class T>
void pack_rows(const T* b, std::size_t stride, std::size_t depth, std::size_t whole, std::size_t cols, T* panel,
               std::size_t width) {
    whole = std::min(whole, depth);
    for (std::size_t j = 0; j < width; j += lanes<T>)
        for (std::size_t k = 0; k < whole; ++k)
            batch<T>::load_unaligned(b + k * stride + j).store_aligned(panel + k * width + j);
    for (std::size_t k = whole; k < depth; ++k)
        for (std::size_t j = 0; j < width; ++j) panel[k * width + j] = b[k * stride + std::min(j, cols - 1)];
}

/// y = αMx + βd for n rows of M and one x, both contiguous along k: a matrix times a vector, for which a tile would be
/// almost empty.
template <class T>
void dots(T alpha, const T* m, std::size_t m_row, const T* x, std::size_t depth, T beta, const T* d, std::size_t d_step,
          T* y, std::size_t y_step, std::size_t n) {
    const auto total = [](auto sums) {  // renamed in xsimd 9
        if constexpr (requires { reduce_add(sums); })
            return reduce_add(sums);
        else
            return hadd(sums);
    };
    for (std::size_t i = 0; i < n; ++i, m += m_row) {
        batch<T> even(T(0)), odd(T(0));
        std::size_t k = 0;
        for (; k + 2 * lanes<T> <= depth; k += 2 * lanes<T>) {
            even = xsimd::fma(batch<T>::load_unaligned(m + k), batch<T>::load_unaligned(x + k), even);
            const std::size_t l = k + lanes<T>;
            odd = xsimd::fma(batch<T>::load_unaligned(m + l), batch<T>::load_unaligned(x + l), odd);
        }
        T sum = total(even + odd);
        for (; k < depth; ++k) sum += m[k] * x[k];
        y[i * y_step] = beta == T(0) ? alpha * sum : alpha * sum + beta * d[i * d_step];
    }
}

/// C = αAB + βD, for at least one k; with β = 0, D is not read.
template <class T>
void product(T alpha, matrix<const T> a, matrix<const T> b, T beta, const T* d, std::size_t d_row, matrix<T> c) {
    if (c.rows == 1 && b.transposed && !a.transposed)
        return dots(alpha, b.data, b.stride, a.data, a.cols, beta, d, 1, c.data, 1, c.cols);
    if (c.cols == 1 && !a.transposed && (b.transposed || b.stride == 1))
        return dots(alpha, a.data, a.stride, b.data, a.cols, beta, d, d_row, c.data, c.stride, c.rows);

    alignas(64) T panel[panel_bytes / sizeof(T)];
    // Rows of B a page or more apart use few cache sets and many pages; with enough rows of A a copy is worth its cost.
    const bool far = b.stride * sizeof(T) >= 4096 && c.rows >= 128;
    operands<T> p{};
    p.alpha = alpha;
    p.a_row = a.transposed ? 1 : a.stride;
    p.a_step = a.transposed ? a.stride : 1;
    p.c_row = c.stride;
    for (std::size_t i = 0; i < c.rows; i += block_rows)
        for (std::size_t k = 0; k < a.cols; k += p.depth) {
            p.depth = std::min(panel_depth<T>, a.cols - k);
            p.beta = k == 0 ? beta : T(1);
            for (std::size_t j = 0, cols = 0; j < c.cols; j += cols) {
                // The remaining registers, divided evenly: 4 become two panels of 2, never 3 and 1.
                const std::size_t registers = (c.cols - j + lanes<T> - 1) / lanes<T>;
                const std::size_t panels = (registers + tile_width - 1) / tile_width;
                const std::size_t v = (registers + panels - 1) / panels;
                const std::size_t width = v * lanes<T>;
                cols = std::min(width, c.cols - j);

                p.a = a.data + i * p.a_row + k * p.a_step;
                p.b = panel;
                p.b_row = width;
                if (b.transposed) {
                    pack_transposed(b.data + j * b.stride + k, b.stride, p.depth, cols, panel, width);
                } else if (cols < width || far) {
                    const std::size_t whole = readable_rows(b, k, j + width);
                    pack_rows(b.data + k * b.stride + j, b.stride, p.depth, whole, cols, panel, width);
                } else {
                    p.b = b.data + k * b.stride + j;
                    p.b_row = b.stride;
                }
                p.c = c.data + i * c.stride + j;
                p.d = k == 0 ? d + i * d_row + j : p.c;
                p.d_row = k == 0 ? d_row : p.c_row;

                const std::size_t rows = std::min(block_rows, c.rows - i);
                if (v == 3)
                    column<tile_rows<T>, 3>(p, rows, cols);
                else if (v == 2)
                    column<tile_rows<T>, 2>(p, rows, cols);
                else
                    column<tile_rows<T>, 1>(p, rows, cols);
            }
        }
}

}  // namespace gradus::kernels::builtin
