#pragma once
/// \file
/// Normalizations in textbook form: element by element, in two passes.

#include <cmath>
#include <cstddef>

#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// y = γ ∘ x̂ + β, x̂ = (x − μ) / √(σ² + ε), where all elements that have the same `set(n, p, j)` share μ and σ².
/// x (N, P, C): samples, positions, channels. Batch normalization: set = j. Group normalization:
/// n G + ⌊j / (C / G)⌋. Layer normalization: n P + p.
template <class T>
struct normalization {
    tensor<T, 3> x_hat, y;
    tensor<T, 1> mean, variance, count, r;  // of each set

    template <class Set>
    normalization(const tensor<T, 3>& x, const tensor<T, 1>& gamma, const tensor<T, 1>& beta, double epsilon,
                  std::size_t sets, Set set)
        : x_hat(x.shape()), y(x.shape()), mean({sets}, T(0)), variance({sets}, T(0)), count({sets}, T(0)), r({sets}, T(0)) {
        each(x, [&](std::size_t n, std::size_t p, std::size_t j) { count(set(n, p, j)) += 1; });
        each(x, [&](std::size_t n, std::size_t p, std::size_t j) {
            const std::size_t s = set(n, p, j);
            mean(s) += x(n, p, j) / count(s);
        });
        each(x, [&](std::size_t n, std::size_t p, std::size_t j) {
            const std::size_t s = set(n, p, j);
            variance(s) += (x(n, p, j) - mean(s)) * (x(n, p, j) - mean(s)) / count(s);
        });
        for (std::size_t s = 0; s < sets; ++s) r(s) = 1 / std::sqrt(variance(s) + static_cast<T>(epsilon));
        each(x, [&](std::size_t n, std::size_t p, std::size_t j) {
            const std::size_t s = set(n, p, j);
            x_hat(n, p, j) = (x(n, p, j) - mean(s)) * r(s);
            y(n, p, j) = gamma(j) * x_hat(n, p, j) + beta(j);
        });
    }

    /// Calls f(n, p, j) for every element.
    template <class F>
    static void each(const tensor<T, 3>& x, F f) {
        for (std::size_t n = 0; n < x.shape()[0]; ++n)
            for (std::size_t p = 0; p < x.shape()[1]; ++p)
                for (std::size_t j = 0; j < x.shape()[2]; ++j) f(n, p, j);
    }
};

/// dβ = Σ dy,  dγ = Σ dy ∘ x̂,  dx = (g − Σ g / M − x̂ Σ (g ∘ x̂) / M) / √(σ² + ε) with g = γ ∘ dy,
/// sums over a set of M.
template <class T>
struct normalization_backward {
    tensor<T, 3> dx;
    tensor<T, 1> dgamma, dbeta;

    template <class Set>
    normalization_backward(const normalization<T>& c, const tensor<T, 1>& gamma, const tensor<T, 3>& dy, Set set)
        : dx(dy.shape()), dgamma(gamma.shape(), T(0)), dbeta(gamma.shape(), T(0)) {
        tensor<T, 1> sum(c.mean.shape(), T(0)), dot(c.mean.shape(), T(0));
        c.each(dy, [&](std::size_t n, std::size_t p, std::size_t j) {
            const T d = dy(n, p, j), x_hat = c.x_hat(n, p, j);
            dbeta(j) += d, dgamma(j) += d * x_hat;
            sum(set(n, p, j)) += gamma(j) * d, dot(set(n, p, j)) += gamma(j) * d * x_hat;
        });
        c.each(dy, [&](std::size_t n, std::size_t p, std::size_t j) {
            const std::size_t s = set(n, p, j);
            dx(n, p, j) = (gamma(j) * dy(n, p, j) - sum(s) / c.count(s) - c.x_hat(n, p, j) * dot(s) / c.count(s)) * c.r(s);
        });
    }
};

}  // namespace gradus::reference
