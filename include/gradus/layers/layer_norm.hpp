#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gradus/core/context.hpp"
#include "gradus/kernels/normalization.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/layers/scale_and_shift.hpp"

namespace gradus {

/// Layer normalization, each row by itself: y = γ ∘ x̂ + β with x̂ = (x − μ) / √(σ² + ε).           [layer_norm.forward]
///   x, x̂, y (..., D)   γ, β (D)   μ, σ² of each row, in training as in inference:
///   μ = Σ x / D     σ² = Σ (x − μ)² / D                                  [layer_norm.mean] [layer_norm.variance]
/// Backward:
///   dβ = Σₙ dyₙ     dγ = Σₙ dyₙ ∘ x̂ₙ                                       [layer_norm.dbeta] [layer_norm.dgamma]
///   g = γ ∘ dy     dx = (g − Σ g / D − x̂ Σ (g ∘ x̂) / D) / √(σ² + ε)                               [layer_norm.dx]
///
/// Source: Ba, Kiros and Hinton, "Layer normalization" (2016). ε as in PyTorch; Keras has 1e-3.
/// Complexity: one pass over x and y forward; over x, dy and dx backward: a row stays in the cache. No allocation once a
/// batch of that size has passed. Memory: y and dx, two numbers for each row.
/// \throws shape_error where x does not have D features or is empty, or dy is not shaped as y.
template <class T = float>
struct layer_norm {
    static constexpr std::string_view name = "layer_norm", formula = "y = γ ∘ (x − μ) / √(σ² + ε) + β";
    using scalar = T;
    using input = tensor<T, 2>;

    using parameters = scale_and_shift<T>;
    template <class X>
    struct cache {
        tensor<T, 1> mean, r;  // of each row; r = 1 / √(σ² + ε)
        X y, dx;
        kernels::column_totals<T> totals;
    };

    parameters theta;
    double epsilon;
    std::uint64_t key = 0;  // nothing is drawn

    /// \throws shape_error for no features, or an ε outside [0, 1].
    explicit layer_norm(std::size_t features, normalization_options o = {}) : epsilon(o.epsilon) {
        theta.begin(name, features, epsilon);
    }
    void initialize(std::uint64_t) { theta.restart(); }

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        theta.check(name, x);
        const std::size_t N = rows(x), D = features(x);
        reshape(c.mean, std::array{N}), reshape(c.r, std::array{N}), reshape(c.y, x.shape());
        const auto *gamma = theta.gamma.data(), *beta = theta.beta.data();
        for (std::size_t n = 0; n < N; ++n) {
            const T* v = x.data() + n * D;
            const T mu = c.mean(n) = kernels::row_sum(v, D) / static_cast<T>(D);       // μ = Σ x / D
            const T m2 = kernels::sum_of(D, [mu](const auto& a) { return (a - mu) * (a - mu); }, v);
            const T r = c.r(n) = 1 / std::sqrt(m2 / static_cast<T>(D) + static_cast<T>(epsilon));  // σ² = Σ (x − μ)² / D
            kernels::map(D, [mu, r](const auto& a, const auto& s, const auto& b) { return (a - mu) * r * s + b; },
                         c.y.data() + n * D, v, gamma, beta);                          // y = (x − μ) r ∘ γ + β
        }
        return c.y;
    }

    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const {
        theta.check_backward(name, x, dy, c.y, grad);
        const std::size_t N = rows(x), D = features(x);
        if (ctx.input_gradient) reshape(c.dx, x.shape());
        c.totals.begin(D, D);
        for (std::size_t n = 0; n < N; ++n, c.totals.end_row()) {
            const T *v = x.data() + n * D, *d = dy.data() + n * D;
            const T mu = c.mean(n), r = c.r(n);
            kernels::update(D, [mu, r](auto& db, auto& dg, const auto& e, const auto& a) {
                                db += e, dg += e * ((a - mu) * r);                     // dβ = Σₙ dyₙ, dγ = Σₙ dyₙ ∘ x̂ₙ
                            },
                            c.totals.a(), c.totals.b(), d, v);
            if (ctx.input_gradient) input_gradient(mu, r, v, d, c.dx.data() + n * D);
        }
        const auto [dbeta, dgamma] = c.totals.end();
        grad.assign(dgamma, dbeta);
        return c.dx;
    }

    [[nodiscard]] std::vector<std::size_t> input_shape() const { return {theta.gamma.size()}; }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        theta.check_sample(name, in);
        return in;
    }
    /// The same layer in another scalar, its parameters yet to be copied.
    template <class U>
    [[nodiscard]] layer_norm<U> rebind() const {
        return layer_norm<U>(theta.gamma.size(), {.epsilon = epsilon});
    }

  private:
    void input_gradient(T mu, T r, const T* x, const T* dy, T* dx) const {
        const std::size_t D = theta.gamma.size();
        const T* gamma = theta.gamma.data();
        const T sum = kernels::sum_of(D, [](const auto& d, const auto& s) { return d * s; }, dy, gamma) / static_cast<T>(D);
        const T dot = kernels::sum_of(D, [mu, r](const auto& d, const auto& s, const auto& a) { return d * s * ((a - mu) * r); },
                                      dy, gamma, x) / static_cast<T>(D);
        kernels::map(D, [mu, r, sum, dot](const auto& d, const auto& s, const auto& a) {
                            return (d * s - sum - (a - mu) * r * dot) * r;             // dx = (g − Σ g / D − x̂ Σ (g ∘ x̂) / D) r
                        },
                        dx, dy, gamma, x);
    }
};

}  // namespace gradus
