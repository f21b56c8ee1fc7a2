#pragma once
// Batch normalization as a user would write it: statistics stand among the parameters, and are no gradients.

#include <cmath>

#include "gradus.hpp"
#include "gradus/nn/moments.hpp"

namespace probes {

/// y = γ ∘ x̂ + β,  x̂ = (x − μ) / √(σ² + ε), with μ and σ² of the batch in training, of all batches so far in inference.
///   x, y (N, D)   γ, β (D)
///   dγ = Σₙ dyₙ ∘ x̂ₙ     dβ = Σₙ dyₙ     dx = γ/√(σ² + ε) ∘ (dy − dβ/N − x̂ ∘ dγ/N)
template <class T = float>
struct batch_normalization {
    static constexpr std::string_view name = "batch_normalization";
    using input = gradus::tensor<T, 2>;
    static constexpr double epsilon = 1e-5;

    struct parameters {
        gradus::tensor<T, 1> gamma, beta;
        gradus::moments<T> running;
        static void each(auto&& f, auto&... p) {
            f(gradus::entry("gamma").without_decay(), p.gamma...);
            f(gradus::entry("beta").without_decay(), p.beta...);
            f("running", p.running...);
        }
    };
    template <class X>
    struct cache {
        gradus::moments<T> batch;
        X x_hat, y, dx;
    };
    parameters theta;

    explicit batch_normalization(std::size_t features)
        : theta{gradus::tensor<T, 1>({features}, T(1)), gradus::tensor<T, 1>({features}, T(0)),
                gradus::moments<T>(features)} {}

    template <class X>
    const X& forward(const X& x, cache<X>& c, const gradus::context& ctx) const {
        const auto& [gamma, beta, running] = theta;
        gradus::reshape(c.x_hat, x.shape()), gradus::reshape(c.y, x.shape());
        if (ctx.training)
            gather(x, c.batch);
        else
            c.batch = running;
        for (std::size_t n = 0; n < gradus::rows(x); ++n)
            for (std::size_t d = 0; d < gamma.size(); ++d) {
                c.x_hat(n, d) = (x(n, d) - c.batch.mean(d)) / root(c.batch.variance(d));  // x̂ = (x − μ) / √(σ² + ε)
                c.y(n, d) = gamma(d) * c.x_hat(n, d) + beta(d);                           // y = γ ∘ x̂ + β
            }
        return c.y;
    }

    template <class X>
    const X& backward(const X&, const X& dy, cache<X>& c, parameters& grad, const gradus::context& ctx) const {
        auto& [dgamma, dbeta, seen] = grad;
        const auto N = static_cast<T>(gradus::rows(dy));
        gradus::reshape(c.dx, dy.shape());
        if (ctx.training)
            seen = c.batch;  // what this shard has shown
        else
            seen.clear();
        for (std::size_t d = 0; d < dgamma.size(); ++d) {
            dgamma(d) = dbeta(d) = 0;
            for (std::size_t n = 0; n < gradus::rows(dy); ++n) dgamma(d) += dy(n, d) * c.x_hat(n, d), dbeta(d) += dy(n, d);
            for (std::size_t n = 0; n < gradus::rows(dy); ++n) {
                const T through_batch = ctx.training ? (dbeta(d) + c.x_hat(n, d) * dgamma(d)) / N : T(0);
                c.dx(n, d) = theta.gamma(d) / root(c.batch.variance(d)) * (dy(n, d) - through_batch);
            }
        }
        return c.dx;
    }
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return batch_normalization<U>(theta.gamma.size());
    }

  private:
    static T root(T variance) { return std::sqrt(variance + static_cast<T>(epsilon)); }

    /// Count, mean and variance of the rows of x.
    template <class X>
    static void gather(const X& x, gradus::moments<T>& m) {
        const auto N = static_cast<T>(gradus::rows(x));
        gradus::reshape(m.mean, std::array{gradus::features(x)}), gradus::reshape(m.variance, std::array{gradus::features(x)});
        m.clear();
        m.count(0) = static_cast<double>(gradus::rows(x));
        for (std::size_t d = 0; d < gradus::features(x); ++d) {
            for (std::size_t n = 0; n < gradus::rows(x); ++n) m.mean(d) += x(n, d) / N;
            for (std::size_t n = 0; n < gradus::rows(x); ++n) m.variance(d) += (x(n, d) - m.mean(d)) * (x(n, d) - m.mean(d)) / N;
        }
    }
};

}  // namespace probes
