// A ladder of matrix products, C = AB, from the textbook's three loops to the kernel that gradus uses. Each rung is a
// few lines more than the one below it; docs/ladder.md explains why it is faster. Rows and columns are whole tiles, so
// that no rung has to handle edges: a kernel for all sizes needs this in addition to the seventh rung.
#include <algorithm>

#include "jobs.hpp"

using namespace bench;

namespace {

constexpr std::size_t n = 1024;
using reg = kernels::reg<float>;
constexpr std::size_t lanes = reg::size;

reg load(const float* p) { return reg::load_unaligned(p); }

// 1. The formula: c_ij = Σ_k a_ik b_kj.
void by_the_book(const float* A, const float* B, float* C) {
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) {
            float sum = 0;
            for (std::size_t k = 0; k < n; ++k) sum += A[i * n + k] * B[k * n + j];
            C[i * n + j] = sum;
        }
}

// 2. The loops over j and k change places: B and C are read along their rows, in memory order.
#ifndef __clang__  // which has no such attribute, and so climbs two rungs at once
[[gnu::optimize("no-tree-vectorize")]]
#endif
void along_rows(const float* A, const float* B, float* C) {
    std::fill_n(C, n * n, 0.0f);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < n; ++k)
            for (std::size_t j = 0; j < n; ++j) C[i * n + j] += A[i * n + k] * B[k * n + j];
}

// 3. The same, and the compiler may use SIMD registers: the products of neighbours j are independent.
void vectorized(const float* A, const float* B, float* C) {
    std::fill_n(C, n * n, 0.0f);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < n; ++k)
            for (std::size_t j = 0; j < n; ++j) C[i * n + j] += A[i * n + k] * B[k * n + j];
}

// The sums of R rows and V registers of C, over `depth` rows of B: each register of B is used R times, each value of A
// V times, and C is written only at the end.
template <std::size_t R, std::size_t V>
void tile(const float* A, const float* B, std::size_t B_row, float* C, std::size_t depth, bool first) {
    reg sum[R][V];
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 16
        for (std::size_t v = 0; v < V; ++v) sum[r][v] = first ? reg(0.0f) : load(C + r * n + v * lanes);
    for (std::size_t k = 0; k < depth; ++k) {
        reg b[V];
#pragma GCC unroll 16
        for (std::size_t v = 0; v < V; ++v) b[v] = load(B + k * B_row + v * lanes);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 16
            for (std::size_t v = 0; v < V; ++v) sum[r][v] = xsimd::fma(reg(A[r * n + k]), b[v], sum[r][v]);
    }
#pragma GCC unroll 8
    for (std::size_t r = 0; r < R; ++r)
#pragma GCC unroll 16
        for (std::size_t v = 0; v < V; ++v) sum[r][v].store_unaligned(C + r * n + v * lanes);
}

template <std::size_t R, std::size_t V>
void tiled(const float* A, const float* B, float* C) {
    for (std::size_t j = 0; j < n; j += V * lanes)
        for (std::size_t i = 0; i < n; i += R) tile<R, V>(A + i * n, B + j, n, C + i * n + j, n, true);
}

// 4. The sums of a row stay in as many registers as there are during the loop over k: C is written once, not n times.
constexpr bool wide = lanes == 16;  // AVX-512 has 32 registers, older instruction sets 16
void sums_in_registers(const float* A, const float* B, float* C) { tiled<1, wide ? 16 : 8>(A, B, C); }

// 5. The same sums as a tile of several rows: a register of B is read once for all of them.
constexpr std::size_t R = wide ? 8 : 4, V = 2;
void tile_of_sums(const float* A, const float* B, float* C) { tiled<R, V>(A, B, C); }

// 6. k in pieces: the columns of B that a tile reads stay in the L1 cache during the loop over the rows of A.
constexpr std::size_t depth = n / 4;
void blocked(const float* A, const float* B, float* C) {
    for (std::size_t k = 0; k < n; k += depth)
        for (std::size_t j = 0; j < n; j += V * lanes)
            for (std::size_t i = 0; i < n; i += R)
                tile<R, V>(A + i * n + k, B + k * n + j, n, C + i * n + j, depth, k == 0);
}

// 7. These columns are first copied to contiguous memory, so that each cache line and each page is used completely.
void packed(const float* A, const float* B, float* C) {
    alignas(64) float panel[depth * V * lanes];
    for (std::size_t k = 0; k < n; k += depth)
        for (std::size_t j = 0; j < n; j += V * lanes) {
            for (std::size_t d = 0; d < depth; ++d) std::copy_n(B + (k + d) * n + j, V * lanes, panel + d * V * lanes);
            for (std::size_t i = 0; i < n; i += R)
                tile<R, V>(A + i * n + k, panel, V * lanes, C + i * n + j, depth, k == 0);
        }
}

}  // namespace

int main(int argc, char** argv) {
    const product_sizes sizes{"NN", n, n, n};
    const auto rung = [&](const std::string& name, auto multiply) {
        add<product>("ladder/" + name, sizes.work(), [=](product& p) -> auto& {
            multiply(p.A.data(), p.B.data(), p.C.data());
            return p.C;
        }, sizes);
    };
    rung("1_by_the_book", by_the_book);
    rung("2_along_rows", along_rows);
    rung("3_vectorized", vectorized);
    rung("4_sums_in_registers", sums_in_registers);
    rung("5_tile_of_sums", tile_of_sums);
    rung("6_blocked", blocked);
    rung("7_packed", packed);
    add<product>("ladder/8_gradus", sizes.work(), &product::fast, sizes);
#if GRADUS_USE_BLAS
    add<product>("ladder/9_BLAS", sizes.work(), [](product& p) -> auto& {
        kernels::blas::product<float>(1, p.a(), p.b(), 0, kernels::as_matrix(p.C));
        return p.C;
    }, sizes);
#endif
    return run(argc, argv);
}
