#pragma once
/// \file
/// Functions of rows in textbook form. Any rank: the last axis is the row.
///
/// Reductions are stored before use: xtensor 0.24 reads wrong elements of a lazy reduction that keeps its dimensions
/// and is broadcast.

#include <algorithm>
#include <cstddef>

#include "gradus/reference/xtensor.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// y_i = e^(z_i − m) / Σ_j e^(z_j − m), m = max z. Reference for kernels::softmax_row.                [softmax.forward]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> softmax(const tensor<T, N>& z) {
    const tensor<T, N> m = xt::amax(z, {N - 1}, xt::keep_dims);
    const tensor<T, N> e = xt::exp(z - m);
    const tensor<T, N> sum = xt::sum(e, {N - 1}, xt::keep_dims);
    return e / sum;
}

/// dz_i = y_i (dy_i − Σ_j dy_j y_j). Reference for softmax::row_backward.                            [softmax.backward]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> softmax_backward(const tensor<T, N>& y, const tensor<T, N>& dy) {
    const tensor<T, N> sum = xt::sum(dy * y, {N - 1}, xt::keep_dims);
    return y * (dy - sum);
}

/// log Σ_j e^(z_j) = m + log Σ_j e^(z_j − m), m = max z. Reference for kernels::log_sum_exp.              [log_sum_exp]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N - 1> log_sum_exp(const tensor<T, N>& z) {
    const tensor<T, N> m = xt::amax(z, {N - 1}, xt::keep_dims);
    return xt::amax(z, {N - 1}) + xt::log(xt::sum(xt::exp(z - m), {N - 1}));
}

/// The first i with z_i = max z. Reference for kernels::argmax.                                                [argmax]
template <class T, std::size_t N>
[[nodiscard]] tensor<std::size_t, N - 1> argmax(const tensor<T, N>& z) {
    tensor<std::size_t, N - 1> out;
    reshape(out, z.shape());  // all axes but the last
    for (std::size_t r = 0; r < rows(z); ++r) {
        const T* z_r = z.data() + r * features(z);
        out.data()[r] = static_cast<std::size_t>(std::max_element(z_r, z_r + features(z)) - z_r);
    }
    return out;
}

/// Σᵢ a_ij. Reference for kernels::column_sums.                                                           [column_sums]
template <class T>
[[nodiscard]] tensor<T, 1> column_sums(const tensor<T, 2>& a) {
    return xt::sum(a, {0});
}

}  // namespace gradus::reference
