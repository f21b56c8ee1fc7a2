#pragma once
/// \file
/// Losses as the book writes them, and so only for logits of moderate size: the logarithm of a probability that has been
/// rounded to 0 is infinite. The losses of gradus take the form that is finite everywhere.

#include <cstddef>

#include "gradus/activations/sigmoid.hpp"
#include "gradus/reference/rows.hpp"

namespace gradus::reference {

/// J and ∂J/∂ŷ.
template <class T, std::size_t N>
struct loss {
    double J;
    tensor<T, N> dy;
};

/// J = mean (ŷ − y)²,  ∂J/∂ŷ = 2 (ŷ − y) / n.                                              [mse.forward] [mse.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> mse(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    const auto n = static_cast<T>(y.size());
    return {static_cast<double>(xt::sum(xt::square(y_hat - y))() / n), 2 * (y_hat - y) / n};
}

/// J = ½ Σ (ŷ − y)² / N,  ∂J/∂ŷ = (ŷ − y) / N.                                   [half_mse.forward] [half_mse.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> half_mse(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    const auto n = static_cast<T>(rows(y));
    return {static_cast<double>(xt::sum(xt::square(y_hat - y))() / (2 * n)), (y_hat - y) / n};
}

/// J = −mean [y log p + (1 − y) log(1 − p)],  ∂J/∂z = (p − y) / n,  p = σ(z).
///                                                   [binary_cross_entropy.forward] [binary_cross_entropy.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> binary_cross_entropy(const tensor<T, N>& z, const tensor<T, N>& y) {
    const auto n = static_cast<T>(y.size());
    const tensor<T, N> p = sigmoid::value(z);
    return {static_cast<double>(-xt::sum(y * xt::log(p) + (1 - y) * xt::log(1 - p))() / n), (p - y) / n};
}

/// J = −mean log p[n, yₙ],  ∂J/∂z = (p − onehot(y)) / N,  p = softmax(z).
///                                                                   [cross_entropy.forward] [cross_entropy.backward]
template <class T, class Label, std::size_t N>
[[nodiscard]] loss<T, N> cross_entropy(const tensor<T, N>& z, const tensor<Label, N - 1>& y) {
    const auto n = static_cast<T>(rows(z));
    const tensor<T, N> p = softmax(z);
    tensor<T, N> onehot(z.shape(), T(0));
    for (std::size_t r = 0; r < y.size(); ++r)
        onehot.data()[r * features(z) + static_cast<std::size_t>(y.data()[r])] = 1;
    return {static_cast<double>(-xt::sum(onehot * xt::log(p))() / n), (p - onehot) / n};
}

}  // namespace gradus::reference
