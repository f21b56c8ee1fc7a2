#pragma once
/// \file
/// The matrix product in textbook form.

#include <cstddef>
#include <type_traits>

#include "gradus/kernels/matrix.hpp"

namespace gradus::reference {

/// Element (i, j) of a view.
template <class T>
[[nodiscard]] T& at(kernels::matrix<T> m, std::size_t i, std::size_t j) {
    return m.transposed ? m.data[j * m.stride + i] : m.data[i * m.stride + j];
}

/// C = αAB + βC:  c_ij = α Σ_k a_ik b_kj + β c_ij. Reference for kernels::product.                   [matrix.product]
template <class T>
void product(std::type_identity_t<T> alpha, std::type_identity_t<kernels::matrix<const T>> a,
             std::type_identity_t<kernels::matrix<const T>> b, std::type_identity_t<T> beta, kernels::matrix<T> c) {
    for (std::size_t i = 0; i < c.rows; ++i)
        for (std::size_t j = 0; j < c.cols; ++j) {
            T sum = 0;
            for (std::size_t k = 0; k < a.cols; ++k) sum += at(a, i, k) * at(b, k, j);
            at(c, i, j) = alpha * sum + (beta == T(0) ? T(0) : beta * at(c, i, j));
        }
}

/// C = AB + 1b:  c_ij = b_j + Σ_k a_ik b_kj. Reference for kernels::product_with_bias.    [matrix.product_with_bias]
template <class T>
void product_with_bias(std::type_identity_t<kernels::matrix<const T>> a,
                       std::type_identity_t<kernels::matrix<const T>> b, const std::type_identity_t<T>* bias,
                       kernels::matrix<T> c) {
    for (std::size_t i = 0; i < c.rows; ++i)
        for (std::size_t j = 0; j < c.cols; ++j) at(c, i, j) = bias == nullptr ? T(0) : bias[j];
    reference::product<T>(1, a, b, 1, c);
}

}  // namespace gradus::reference
