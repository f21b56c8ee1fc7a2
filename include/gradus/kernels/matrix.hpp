#pragma once
/// \file
/// The matrix view of the kernels: a pointer, two sizes and the distance between rows. Heads, time steps and groups are
/// views into a larger tensor, without a copy.

#include <cstddef>
#include <type_traits>

#include "gradus/tensor/tensor.hpp"

namespace gradus::kernels {

/// A rows x cols matrix; element (i, j) is data[i * stride + j], or data[j * stride + i] if `transposed`.
template <class T>
struct matrix {
    T* data = nullptr;
    std::size_t rows = 0, cols = 0, stride = 0;
    bool transposed = false;

    constexpr matrix() = default;
    constexpr matrix(T* d, std::size_t r, std::size_t c, std::size_t s, bool t = false)
        : data(d), rows(r), cols(c), stride(s), transposed(t) {}

    /// A tensor as (rows, features): all axes but the last are rows. A vector is one row.
    template <std::size_t N>
    matrix(tensor<T, N>& x)
        requires(!std::is_const_v<T>)
        : matrix(x.data(), gradus::rows(x), features(x), features(x)) {}
    template <std::size_t N>
    matrix(const tensor<std::remove_const_t<T>, N>& x)
        requires(std::is_const_v<T>)
        : matrix(x.data(), gradus::rows(x), features(x), features(x)) {}

    /// A writable view converts to a read-only one.
    constexpr operator matrix<const T>() const
        requires(!std::is_const_v<T>)
    {
        return {data, rows, cols, stride, transposed};
    }
};

/// Aᵀ, without copying elements.
template <class T>
[[nodiscard]] constexpr matrix<T> transpose(matrix<T> a) {
    return {a.data, a.cols, a.rows, a.stride, !a.transposed};
}

/// A tensor as a matrix (rows, features).
template <class T, std::size_t N>
[[nodiscard]] matrix<T> as_matrix(tensor<T, N>& x) {
    return x;
}
template <class T, std::size_t N>
[[nodiscard]] matrix<const T> as_matrix(const tensor<T, N>& x) {
    return x;
}
template <class T, std::size_t N>
[[nodiscard]] matrix<const T> transpose(const tensor<T, N>& x) {
    return transpose(as_matrix(x));
}

}  // namespace gradus::kernels
