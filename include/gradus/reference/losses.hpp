#pragma once
/// \file
/// Losses in textbook form, and so only for numbers of moderate size: the logarithm of a probability that was rounded
/// to 0 is infinite, and cosh(100) overflows in float. The library's losses use forms that are finite everywhere.

#include <cmath>
#include <cstddef>

#include "gradus/reference/rows.hpp"

namespace gradus::reference {

/// J and ∂J/∂ŷ.
template <class T, std::size_t N>
struct loss {
    double J = 0;
    tensor<T, N> dy;
};

/// J = Σ l(ŷ, y) / n and ∂J/∂ŷ = l'(ŷ, y) / n, element by element.
template <class T, std::size_t N, class L, class D>
[[nodiscard]] loss<T, N> of_elements(const tensor<T, N>& y_hat, const tensor<T, N>& y, std::size_t n, L&& l, D&& derivative) {
    loss<T, N> out{0, tensor<T, N>(y.shape())};
    for (std::size_t i = 0; i < y.size(); ++i) {
        const double p = y_hat.data()[i], t = y.data()[i];
        out.J += l(p, t) / static_cast<double>(n);
        out.dy.data()[i] = static_cast<T>(derivative(p, t) / static_cast<double>(n));
    }
    return out;
}

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

/// J = mean |ŷ − y|,  ∂J/∂ŷ = sign(ŷ − y) / n.                                             [mae.forward] [mae.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> mae(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    const auto n = static_cast<T>(y.size());
    return {static_cast<double>(xt::sum(xt::abs(y_hat - y))() / n), xt::sign(y_hat - y) / n};
}

/// ½ d² for |d| ≤ δ, else δ (|d| − ½ δ); the gradient is d, or δ sign(d).              [huber.forward] [huber.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> huber(const tensor<T, N>& y_hat, const tensor<T, N>& y, double delta) {
    return of_elements(
        y_hat, y, y.size(),
        [&](double p, double t) {
            const double d = std::abs(p - t);
            return d <= delta ? d * d / 2 : delta * (d - delta / 2);
        },
        [&](double p, double t) { return std::abs(p - t) <= delta ? p - t : std::copysign(delta, p - t); });
}

/// J = mean log cosh(ŷ − y),  ∂J/∂ŷ = tanh(ŷ − y) / n.                           [log_cosh.forward] [log_cosh.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> log_cosh(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    return of_elements(
        y_hat, y, y.size(), [](double p, double t) { return std::log(std::cosh(p - t)); },
        [](double p, double t) { return std::tanh(p - t); });
}

/// J = mean max(0, 1 − y ŷ),  ∂J/∂ŷ = −y / n where that is above 0.                    [hinge.forward] [hinge.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> hinge(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    return of_elements(
        y_hat, y, y.size(), [](double p, double t) { return std::fmax(0, 1 - t * p); },
        [](double p, double t) { return t * p < 1 ? -t : 0; });
}

/// J = mean max(0, 1 − y ŷ)².                                          [squared_hinge.forward] [squared_hinge.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> squared_hinge(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    return of_elements(
        y_hat, y, y.size(), [](double p, double t) { return std::pow(std::fmax(0, 1 - t * p), 2); },
        [](double p, double t) { return -2 * t * std::fmax(0, 1 - t * p); });
}

/// J = Σ y log(y / p) / N,  ∂J/∂(log p) = −y / N,  p = e^ŷ.            [kl_divergence.forward] [kl_divergence.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> kl_divergence(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    return of_elements(
        y_hat, y, rows(y), [](double p, double t) { return t == 0 ? 0 : t * std::log(t / std::exp(p)); },
        [](double, double t) { return -t; });
}

/// J = Σ y log(y / p) / N,  ∂J/∂p = −y / (N p).
///                                 [kl_divergence_of_probabilities.forward] [kl_divergence_of_probabilities.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> kl_divergence_of_probabilities(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    return of_elements(
        y_hat, y, rows(y), [](double p, double t) { return t == 0 ? 0 : t * std::log(t / p); },
        [](double p, double t) { return -t / p; });
}

/// J = −mean [w y log p + (1 − y) log(1 − p)],  ∂J/∂z = ((1 − y) p − w y (1 − p)) / n,  p = σ(z).
///                                                   [binary_cross_entropy.forward] [binary_cross_entropy.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> binary_cross_entropy(const tensor<T, N>& z, const tensor<T, N>& y, double w = 1) {
    const auto sigma = [](double v) { return 1 / (1 + std::exp(-v)); };
    return of_elements(
        z, y, y.size(),
        [&](double v, double t) { return -(w * t * std::log(sigma(v)) + (1 - t) * std::log(1 - sigma(v))); },
        [&](double v, double t) { return (1 - t) * sigma(v) - w * t * (1 - sigma(v)); });
}

/// J = −mean [y log p + (1 − y) log(1 − p)],  ∂J/∂p = ((1 − y) / (1 − p) − y / p) / n.
///                 [binary_cross_entropy_of_probabilities.forward] [binary_cross_entropy_of_probabilities.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> binary_cross_entropy_of_probabilities(const tensor<T, N>& p, const tensor<T, N>& y) {
    return of_elements(
        p, y, y.size(), [](double v, double t) { return -(t * std::log(v) + (1 - t) * std::log(1 - v)); },
        [](double v, double t) { return (1 - t) / (1 - v) - t / v; });
}

/// The labels as one-hot rows.
template <class T, std::size_t N, class Label>
[[nodiscard]] tensor<T, N> one_hot_like(const tensor<T, N>& z, const tensor<Label, N - 1>& y) {
    tensor<T, N> out(z.shape(), T(0));
    for (std::size_t r = 0; r < y.size(); ++r) out.data()[r * features(z) + static_cast<std::size_t>(y.data()[r])] = 1;
    return out;
}

/// J = −Σ y log p / N,  ∂J/∂z = (p − y) / N where each row of y sums to 1, else (p Σ y − y) / N;  p = softmax(z).
///                                                       [dense_cross_entropy.forward] [dense_cross_entropy.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> dense_cross_entropy(const tensor<T, N>& z, const tensor<T, N>& y) {
    const auto n = static_cast<double>(rows(z));
    const tensor<T, N> p = softmax(z);
    loss<T, N> out{0, tensor<T, N>(z.shape())};
    for (std::size_t r = 0, k = features(z); r < rows(z); ++r) {
        double total = 0;
        for (std::size_t c = r * k; c < (r + 1) * k; ++c) total += y.data()[c];
        for (std::size_t c = r * k; c < (r + 1) * k; ++c) {
            out.J -= y.data()[c] * std::log(static_cast<double>(p.data()[c])) / n;
            out.dy.data()[c] = static_cast<T>((p.data()[c] * total - y.data()[c]) / n);
        }
    }
    return out;
}

/// J = −mean log p[n, yₙ],  ∂J/∂z = (p − onehot(y)) / N,  p = softmax(z).
///                                                                   [cross_entropy.forward] [cross_entropy.backward]
template <class T, class Label, std::size_t N>
[[nodiscard]] loss<T, N> cross_entropy(const tensor<T, N>& z, const tensor<Label, N - 1>& y) {
    return dense_cross_entropy(z, one_hot_like(z, y));
}

/// J = −Σ y log r / N,  r = p / Σ p;  ∂J/∂p = (Σ y / Σ p − y / p) / N.
///                                           [categorical_cross_entropy.forward] [categorical_cross_entropy.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> categorical_cross_entropy(const tensor<T, N>& p, const tensor<T, N>& y) {
    const auto n = static_cast<double>(rows(p));
    loss<T, N> out{0, tensor<T, N>(p.shape())};
    for (std::size_t r = 0, k = features(p); r < rows(p); ++r) {
        double sum = 0, total = 0;
        for (std::size_t c = r * k; c < (r + 1) * k; ++c) sum += p.data()[c], total += y.data()[c];
        for (std::size_t c = r * k; c < (r + 1) * k; ++c) {
            const double v = p.data()[c], t = y.data()[c];
            out.J -= t * std::log(v / sum) / n;
            out.dy.data()[c] = static_cast<T>((total / sum - t / v) / n);
        }
    }
    return out;
}

/// The same with labels.       [sparse_categorical_cross_entropy.forward] [sparse_categorical_cross_entropy.backward]
template <class T, class Label, std::size_t N>
[[nodiscard]] loss<T, N> sparse_categorical_cross_entropy(const tensor<T, N>& p, const tensor<Label, N - 1>& y) {
    return categorical_cross_entropy(p, one_hot_like(p, y));
}

/// J = mean (1 − ŷ·y / (‖ŷ‖ ‖y‖)),  ∂J/∂ŷ = −(y / (‖ŷ‖ ‖y‖) − (ŷ·y) ŷ / (‖ŷ‖³ ‖y‖)) / N.
///                                                               [cosine_distance.forward] [cosine_distance.backward]
template <class T, std::size_t N>
[[nodiscard]] loss<T, N> cosine_distance(const tensor<T, N>& y_hat, const tensor<T, N>& y) {
    const auto n = static_cast<double>(rows(y));
    loss<T, N> out{0, tensor<T, N>(y.shape())};
    for (std::size_t r = 0, k = features(y); r < rows(y); ++r) {
        double pp = 0, tt = 0, pt = 0;
        for (std::size_t c = r * k; c < (r + 1) * k; ++c) {
            const double p = y_hat.data()[c], t = y.data()[c];
            pp += p * p, tt += t * t, pt += p * t;
        }
        out.J += (1 - pt / std::sqrt(pp * tt)) / n;
        for (std::size_t c = r * k; c < (r + 1) * k; ++c)
            out.dy.data()[c] = static_cast<T>((y_hat.data()[c] * pt / pp - y.data()[c]) / std::sqrt(pp * tt) / n);
    }
    return out;
}

}  // namespace gradus::reference
