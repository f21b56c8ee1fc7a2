#pragma once
/// \file
/// The matrix product, C = αAB + βC, of matrix views; A and B may be transposed.
///
///     product(1.0f, transpose(x), dz, 0.0f, dW);   // dW = xᵀ dz
///     product_with_bias(x, W, b, z);               // z = xW + b

#include <cstddef>
#include <type_traits>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/matrix.hpp"
#include "gradus/kernels/product/blas.hpp"
#include "gradus/kernels/product/builtin.hpp"

namespace gradus::kernels {

/// The fastest of three implementations, depending on the number of multiply-adds. Measured on Zen 5 (AVX-512, g++ 12)
/// against OpenBLAS 0.3.21, one thread, float, squares of 8 to 1024 and the products of a 784-128-128-10 network.
namespace fastest {

/// Up to here plain loops: 4 x 3 x 2 takes 14 ns with loops and 40 ns with tiles; 4 x 4 x 8 takes 40 ns with both.
inline constexpr std::size_t loops = 100;

/// From here on the BLAS, depending on the width of its registers and of the built-in product's.
///   wider:    from 12 x 12 x 12 on it is up to 2 times (built-in 256 bits) and 5 times (128 bits) as fast;
///   equal:    the built-in takes 0.65 to 1.1 of its time below 1024 x 1024 x 1024, and 1.05 from there on;
///   narrower or unknown: never, the built-in is up to twice as fast.
[[nodiscard]] constexpr std::size_t blas(int blas_bits, int own_bits) {
    if (blas_bits > own_bits) return 12 * 12 * 12;
    return blas_bits == own_bits ? std::size_t{1} << 30 : static_cast<std::size_t>(-1);
}

#if GRADUS_USE_BLAS
[[nodiscard]] inline std::size_t blas() {
    static const std::size_t from = blas(blas_info().register_bits, int(8 * sizeof(xsimd::batch<float>)));
    return from;
}
#endif

}  // namespace fastest

/// C = αAB + βD by plain loops; any sizes, including 0.
template <class T>
void product_by_loops(T alpha, matrix<const T> a, matrix<const T> b, T beta, const T* d, std::size_t d_row,
                      matrix<T> c) {
    const std::size_t a_row = a.transposed ? 1 : a.stride, a_step = a.transposed ? a.stride : 1;
    const std::size_t b_row = b.transposed ? 1 : b.stride, b_step = b.transposed ? b.stride : 1;
    for (std::size_t i = 0; i < c.rows; ++i)
        for (std::size_t j = 0; j < c.cols; ++j) {
            T sum = 0;
            for (std::size_t k = 0; k < a.cols; ++k)
                sum += a.data[i * a_row + k * a_step] * b.data[k * b_row + j * b_step];
            c.data[i * c.stride + j] = beta == T(0) ? alpha * sum : alpha * sum + beta * d[i * d_row + j];
        }
}

/// C = αAB + βC.                                                                                     [matrix.product]
///   A (M, K)   B (K, N)   C (M, N), not transposed, sharing no element with A or B
/// Sizes are not checked here but in the layers. With β = 0, C is written without being read; with K = 0 it is scaled.
/// 2MNK operations, no allocation, thread-safe.
template <class T>
void product(std::type_identity_t<T> alpha, std::type_identity_t<matrix<const T>> a,
             std::type_identity_t<matrix<const T>> b, std::type_identity_t<T> beta, matrix<T> c) {
    const std::size_t work = c.rows * c.cols * a.cols;
    if (work <= fastest::loops) return product_by_loops<T>(alpha, a, b, beta, c.data, c.stride, c);
#if GRADUS_USE_BLAS
    if (work >= fastest::blas()) return blas::product<T>(alpha, a, b, beta, c);
#endif
    builtin::product<T>(alpha, a, b, beta, c.data, c.stride, c);
}

/// C = AB + 1b: the sums of each row of C start from the row b (N), without an extra pass. [matrix.product_with_bias]
/// A null bias means zeros. Otherwise as `product`.
template <class T>
void product_with_bias(std::type_identity_t<matrix<const T>> a, std::type_identity_t<matrix<const T>> b,
                       const std::type_identity_t<T>* bias, matrix<T> c) {
    if (bias == nullptr) return product<T>(1, a, b, 0, c);
    const std::size_t work = c.rows * c.cols * a.cols;
    if (work <= fastest::loops) return product_by_loops<T>(1, a, b, 1, bias, 0, c);
#if GRADUS_USE_BLAS
    if (work >= fastest::blas()) {
        for (std::size_t i = 0; i < c.rows; ++i) std::copy_n(bias, c.cols, c.data + i * c.stride);
        return blas::product<T>(1, a, b, 1, c);
    }
#endif
    builtin::product<T>(1, a, b, 1, bias, 0, c);
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(kernels) template void product<float>(float, matrix<const float>, matrix<const float>, float,
                                                    matrix<float>);
GRADUS_EXTERN(kernels) template void product<double>(double, matrix<const double>, matrix<const double>, double,
                                                     matrix<double>);
GRADUS_EXTERN(kernels) template void product_with_bias<float>(matrix<const float>, matrix<const float>, const float*,
                                                              matrix<float>);
GRADUS_EXTERN(kernels) template void product_with_bias<double>(matrix<const double>, matrix<const double>,
                                                               const double*, matrix<double>);
#endif

}  // namespace gradus::kernels
