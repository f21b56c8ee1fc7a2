#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/kernels/normalization.hpp"
#include "gradus/layers/normalization/scale_and_shift.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/moments.hpp"

namespace gradus {

/// How running statistics are updated by those of a batch. "Momentum" is the weight of the new batch in PyTorch, but
/// that of the old value in Keras; hence `gr::pytorch_momentum(0.1)` and `gr::keras_momentum(0.9)`.
struct running_average {
    double rate;    ///< weight of a new batch
    bool unbiased;  ///< whether the variance is M2 / (N − 1); else M2 / N
};
/// running ← (1 − m) running + m batch, of the unbiased variance.                       [batch_norm.pytorch_momentum]
[[nodiscard]] constexpr running_average pytorch_momentum(double m = 0.1) { return {m, true}; }
/// running ← m running + (1 − m) batch, of the biased variance, as Keras since version 3. [batch_norm.keras_momentum]
[[nodiscard]] constexpr running_average keras_momentum(double m = 0.99) { return {1 - m, false}; }

/// ε and the momentum of `batch_norm`: PyTorch's defaults.
struct batch_norm_options {
    double epsilon = 1e-5;  ///< ε, in units of x²
    running_average momentum = pytorch_momentum();
};
/// Keras's defaults: `gr::batch_norm(64, gr::keras_batch_norm)`. Those of `gr::batch_norm(64)` are PyTorch's.
inline constexpr batch_norm_options keras_batch_norm{.epsilon = 1e-3, .momentum = keras_momentum()};

/// Batch normalization, y = γ ∘ x̂ + β with x̂ = (x − μ) / √(σ² + ε).                              [batch_norm.forward]
///   x, x̂, y (..., C)   μ, σ², γ, β (C)   N: all axes but the last are rows
/// In training, μ and σ² are those of the batch:
///   μ = Σₙ xₙ / N     σ² = Σₙ (xₙ − μ)² / N                              [batch_norm.mean] [batch_norm.variance]
/// In inference, μ and σ² are the running statistics `theta.running`, constants.                [batch_norm.inference]
/// Backward, with 1/N = 0 if μ and σ² were constants:
///   dβ = Σₙ dyₙ     dγ = Σₙ dyₙ ∘ x̂ₙ                                       [batch_norm.dbeta] [batch_norm.dgamma]
///   dx = γ / √(σ² + ε) ∘ (dy − dβ / N − x̂ ∘ dγ / N)                                               [batch_norm.dx]
///
/// Backward stores the statistics of the batch with the gradients (`grad.running`); a step of the optimizer updates the
/// running statistics with them once. With several threads, each thread normalizes with the statistics of its own rows,
/// as PyTorch's DataParallel does; the running statistics are updated with those of the whole batch.
/// Source: Ioffe and Szegedy, "Batch normalization" (2015), algorithms 1 and 2, and 3.
/// Complexity: forward reads x twice and writes y; backward reads x and dy twice and writes dx. No allocation after the
/// first batch of that size. Memory: y, dx and a few rows.
/// \throws shape_error if x does not have C channels, is empty, or has only one row in training, or dy does not have
///         the shape of y.
template <class T = float>
struct batch_norm {
    static constexpr std::string_view name = "batch_norm", formula = "y = γ ∘ (x − μ) / √(σ² + ε) + β";
    using scalar = T;
    using input = tensor<T, 2>;

    struct parameters : scale_and_shift<T> {
        moments<T> running;
        static void each(auto&& f, auto&... p) { scale_and_shift<T>::each(f, p...), f("running", p.running...); }
    };
    template <class X>
    struct cache {
        moments<T> used;  // μ and σ² of the forward; count 0 if they are constants
        X y, dx;
        kernels::channelwise<T> channels;
    };

    parameters theta;
    double epsilon;

    /// \throws shape_error if there are no channels, or ε or the weight of a new batch is not in [0, 1].
    explicit batch_norm(std::size_t channels, batch_norm_options o = {}) : epsilon(o.epsilon) {
        theta.begin(name, channels, epsilon);
        if (!(o.momentum.rate >= 0 && o.momentum.rate <= 1))
            throw shape_error(name, {"running statistics need a momentum in [0, 1], a new batch has the weight ",
                                     o.momentum.rate});
        theta.running = moments<T>(channels, o.momentum.rate, o.momentum.unbiased);
    }
    /// γ = 1, β = 0, and the initial running statistics.
    void initialize(std::uint64_t) {
        theta.restart();
        theta.running = moments<T>(theta.gamma.size(), theta.running.rate, theta.running.unbiased);
    }

    template <class X>
    const X& forward(const X& x, cache<X>& c, const context& ctx) const;

    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const;

    [[nodiscard]] std::vector<std::size_t> input_shape() const { return {theta.gamma.size()}; }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        theta.check_sample(name, in);
        return in;
    }
    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] batch_norm<U> to_scalar() const {
        return batch_norm<U>(theta.gamma.size(), {.epsilon = epsilon});
    }

  private:
    /// 1 / √(σ² + ε)
    template <class C>
    [[nodiscard]] T r(const C& c, std::size_t j) const {
        return static_cast<T>(1 / std::sqrt(static_cast<double>(c.used.variance(j)) + epsilon));
    }
    template <class X>
    void look_at(const X& x, cache<X>& c) const {
        const std::size_t n = rows(x);
        if (n == 1)
            throw shape_error(name, {"σ² of a batch needs more than one row, got x of ", x.shape(),
                                     ": each thread's share of a batch, the last one too, is normalized by itself; choose another batch size"});
        reshape(c.used.mean, theta.gamma.shape()), reshape(c.used.variance, theta.gamma.shape());
        c.used.count(0) = static_cast<double>(n);
        // μ = Σₙ xₙ / N, σ² = Σₙ (xₙ − μ)² / N
        c.channels.moments(x.data(), c.used.mean.data(), c.used.variance.data());
    }
};

template <class T>
template <class X>
const X& batch_norm<T>::forward(const X& x, cache<X>& c, const context& ctx) const {
    theta.check(name, x);
    c.channels.resize(rows(x), features(x));
    if (ctx.training)
        look_at(x, c);                                                             // μ, σ² of the batch
    else
        c.used.become(theta.running), c.used.count(0) = 0;
    reshape(c.y, x.shape());
    const auto mu = kernels::per_channel{[&](std::size_t j) { return c.used.mean(j); }};
    const auto scale = kernels::per_channel{[&](std::size_t j) { return theta.gamma(j) * r(c, j); }};
    const auto beta = kernels::per_channel{[&](std::size_t j) { return theta.beta(j); }};
    c.channels.map([](const auto& v, const auto& m, const auto& s, const auto& b) { return (v - m) * s + b; },
                   c.y.data(), x.data(), mu, scale, beta);                         // y = γ (x − μ) / √(σ² + ε) + β
    return c.y;
}

template <class T>
template <class X>
const X& batch_norm<T>::backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx) const {
    theta.check_backward(name, x, dy, c.y, grad);
    grad.running.become(c.used);
    const auto mu = kernels::per_channel{[&](std::size_t j) { return c.used.mean(j); }};
    const auto root = kernels::per_channel{[&](std::size_t j) { return r(c, j); }};
    const auto [dbeta, dgamma] = c.channels.sum(
        [](auto& db, auto& dg, const auto& d, const auto& v, const auto& m, const auto& s) {
            db += d;                                                               // dβ = Σₙ dyₙ
            dg += d * ((v - m) * s);                                               // dγ = Σₙ dyₙ ∘ x̂ₙ
        },
        dy.data(), x.data(), mu, root);
    grad.assign(dgamma, dbeta);
    if (!ctx.input_gradient) return c.dx;
    reshape(c.dx, x.shape());
    const double n = c.used.count(0), share = n == 0 ? 0 : 1 / n;                  // 1/N
    const auto scale = kernels::per_channel{[&](std::size_t j) { return theta.gamma(j) * r(c, j); }};
    const auto shift = kernels::per_channel{[&, db = dbeta](std::size_t j) { return share * db[j]; }};
    const auto slope = kernels::per_channel{[&, dg = dgamma](std::size_t j) { return share * dg[j] * r(c, j); }};
    c.channels.map(
        [](const auto& d, const auto& v, const auto& m, const auto& s, const auto& a, const auto& b) {
            return s * (d - a - (v - m) * b);                                      // dx = γ r (dy − dβ/N − x̂ dγ/N)
        },
        c.dx.data(), dy.data(), x.data(), mu, scale, shift, slope);
    return c.dx;
}

#ifdef GRADUS_COMPILED
#define GRADUS_NORM(T, N)                                                                                             \
    GRADUS_EXTERN(layers) template const tensor<T, N>& batch_norm<T>::forward(                                        \
        const tensor<T, N>&, cache<tensor<T, N>>&, const context&) const;                                             \
    GRADUS_EXTERN(layers) template const tensor<T, N>& batch_norm<T>::backward(                                       \
        const tensor<T, N>&, const tensor<T, N>&, cache<tensor<T, N>>&, parameters&, const context&) const;
GRADUS_NORM(float, 2)
GRADUS_NORM(float, 4)
GRADUS_NORM(double, 2)
GRADUS_NORM(double, 4)
#undef GRADUS_NORM
#endif

}  // namespace gradus
