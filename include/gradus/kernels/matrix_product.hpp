#pragma once
/// \file
/// The matrix product, C = αAB + βC, of views in which either operand may be transposed.

#include <cstddef>
#include <type_traits>

#include "gradus/kernels/matrix.hpp"

namespace gradus::kernels {

/// C = αAB + βC.                                                                                     [matrix.product]
///   A (M, K)   B (K, N)   C (M, N), not transposed, sharing no element with A or B
/// With β = 0, C is written without being read. 2MNK operations. No allocation after the first call of a size.
template <class T>
void product(std::type_identity_t<T> alpha, std::type_identity_t<matrix<const T>> a,
             std::type_identity_t<matrix<const T>> b, std::type_identity_t<T> beta, matrix<T> c) {
    for (std::size_t i = 0; i < c.rows; ++i) {
        T* row = c.data + i * c.stride;
        for (std::size_t j = 0; j < c.cols; ++j) row[j] = beta == T(0) ? T(0) : beta * row[j];
        for (std::size_t k = 0; k < a.cols; ++k) {
            const T x = alpha * (a.transposed ? a.data[k * a.stride + i] : a.data[i * a.stride + k]);
            if (b.transposed)
                for (std::size_t j = 0; j < c.cols; ++j) row[j] += x * b.data[j * b.stride + k];
            else
                for (std::size_t j = 0; j < c.cols; ++j) row[j] += x * b.data[k * b.stride + j];
        }
    }
}

/// C = AB + 1b: each row of C starts from the row b (N), so that the bias costs no pass.   [matrix.product_with_bias]
/// A null b is a row of zeros.
template <class T>
void product_with_bias(std::type_identity_t<matrix<const T>> a, std::type_identity_t<matrix<const T>> b,
                       const std::type_identity_t<T>* bias, matrix<T> c) {
    if (bias == nullptr) return product(T(1), a, b, T(0), c);
    for (std::size_t i = 0; i < c.rows; ++i)
        for (std::size_t j = 0; j < c.cols; ++j) c.data[i * c.stride + j] = bias[j];
    product(T(1), a, b, T(1), c);
}

}  // namespace gradus::kernels
