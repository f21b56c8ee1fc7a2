#pragma once
/// \file
/// The matrix product, C = αAB + βC, of views of which either operand may be transposed.
///
///     product(1.0f, transpose(x), dz, 0.0f, dW);   // dW = xᵀ dz
///     product_with_bias(x, W, b, z);               // z = xW + b

#include <cstddef>
#include <type_traits>

#include "gradus/kernels/blas.hpp"
#include "gradus/kernels/builtin_product.hpp"
#include "gradus/kernels/matrix.hpp"

namespace gradus::kernels {

/// Which of three ways is the fastest, by the multiply-adds that a product needs.
struct product_choice {
    /// Up to here, plain loops: a tile would be mostly empty.
    static constexpr std::size_t loops = 64;

    /// From here on, the BLAS.
    static constexpr std::size_t blas = std::size_t{1} << 30;
};

/// C = αAB + βD by plain loops; any sizes, 0 too.
template <class T>
void product_by_loops(T alpha, matrix<const T> a, matrix<const T> b, T beta, const T* d, std::size_t d_row, matrix<T> c) {
    const std::size_t a_row = a.transposed ? 1 : a.stride, a_step = a.transposed ? a.stride : 1;
    const std::size_t b_row = b.transposed ? 1 : b.stride, b_step = b.transposed ? b.stride : 1;
    for (std::size_t i = 0; i < c.rows; ++i)
        for (std::size_t j = 0; j < c.cols; ++j) {
            T sum = 0;
            for (std::size_t k = 0; k < a.cols; ++k) sum += a.data[i * a_row + k * a_step] * b.data[k * b_row + j * b_step];
            c.data[i * c.stride + j] = beta == T(0) ? alpha * sum : alpha * sum + beta * d[i * d_row + j];
        }
}

/// C = αAB + βC.                                                                                     [matrix.product]
///   A (M, K)   B (K, N)   C (M, N), not transposed, sharing no element with A or B
/// The sizes are not checked here: layers do it at their doors. With β = 0, C is written without being read; with K = 0
/// it is scaled. 2MNK operations, no allocation; safe from any number of threads.
template <class T>
void product(std::type_identity_t<T> alpha, std::type_identity_t<matrix<const T>> a,
             std::type_identity_t<matrix<const T>> b, std::type_identity_t<T> beta, matrix<T> c) {
    const std::size_t work = c.rows * c.cols * a.cols;
    if (work <= product_choice::loops) return product_by_loops<T>(alpha, a, b, beta, c.data, c.stride, c);
#if GRADUS_USE_BLAS
    if (work >= product_choice::blas) return blas::product<T>(alpha, a, b, beta, c);
#endif
    builtin::product<T>(alpha, a, b, beta, c.data, c.stride, c);
}

/// C = AB + 1b: the sums of each row of C start from the row b (N), which costs no pass.   [matrix.product_with_bias]
/// A null b is a row of zeros. Otherwise as `product`.
template <class T>
void product_with_bias(std::type_identity_t<matrix<const T>> a, std::type_identity_t<matrix<const T>> b,
                       const std::type_identity_t<T>* bias, matrix<T> c) {
    if (bias == nullptr) return product<T>(1, a, b, 0, c);
    const std::size_t work = c.rows * c.cols * a.cols;
    if (work <= product_choice::loops) return product_by_loops<T>(1, a, b, 1, bias, 0, c);
#if GRADUS_USE_BLAS
    if (work >= product_choice::blas) {
        for (std::size_t i = 0; i < c.rows; ++i) std::copy_n(bias, c.cols, c.data + i * c.stride);
        return blas::product<T>(1, a, b, 1, c);
    }
#endif
    builtin::product<T>(1, a, b, 1, bias, 0, c);
}

}  // namespace gradus::kernels
