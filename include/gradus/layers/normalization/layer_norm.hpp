#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/normalization.hpp"
#include "gradus/layers/normalization/scale_and_shift.hpp"
#include "gradus/nn/context.hpp"

namespace gradus {

/// Layer normalization of each row: y = γ ∘ x̂ + β with x̂ = (x − μ) / √(σ² + ε).                  [layer_norm.forward]
///   x, x̂, y (..., D)   γ, β (D)   μ, σ² of each row, in training and in inference:
///   μ = Σ x / D     σ² = Σ (x − μ)² / D                                  [layer_norm.mean] [layer_norm.variance]
/// Backward:
///   dβ = Σₙ dyₙ     dγ = Σₙ dyₙ ∘ x̂ₙ                                       [layer_norm.dbeta] [layer_norm.dgamma]
///   g = γ ∘ dy     dx = (g − Σ g / D − x̂ Σ (g ∘ x̂) / D) / √(σ² + ε)                               [layer_norm.dx]
///
/// Source: Ba, Kiros and Hinton, "Layer normalization" (2016). ε as in PyTorch; Keras has 1e-3.
/// Complexity: one pass over x and y forward, and over x, dy and dx backward, because a row stays in the CPU cache. No
/// allocation after the first batch of that size. Memory: y, dx and two numbers for each row.
/// \throws shape_error if x does not have D features or is empty, or dy does not have the shape of y.
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
    std::uint64_t key = 0;  // unused: nothing is drawn

    /// \throws shape_error if there are no features, or ε is not in [0, 1].
    explicit layer_norm(std::size_t features, normalization_options o = {}) : epsilon(o.epsilon) {
        theta.begin(name, features, epsilon);
    }
    void initialize(std::uint64_t) { theta.restart(); }

    template <class X>
    const X& forward(const X& x, cache<X>& c) const;

    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const;

    [[nodiscard]] std::vector<std::size_t> input_shape() const { return {theta.gamma.size()}; }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        theta.check_sample(name, in);
        return in;
    }
    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] layer_norm<U> to_scalar() const {
        return layer_norm<U>(theta.gamma.size(), {.epsilon = epsilon});
    }

  private:
    /// Calls visit(n, rows) for blocks of rows, of at most the lanes of a register and about 16 KiB.
    template <class Visit>
    void each_block(std::size_t N, Visit visit) const {
        const std::size_t some = std::clamp<std::size_t>(16384 / sizeof(T) / theta.gamma.size(), 1, kernels::width<T>);
        for (std::size_t n = 0; n < N; n += some) visit(n, std::min(some, N - n));
    }

    void input_gradient(std::size_t block, const T* mu, const T* r, const T* x, const T* dy, T* dx) const {
        const std::size_t D = theta.gamma.size();
        for (std::size_t k = 0; k < block * D; k += D)                                 // g = γ ∘ dy
            kernels::map(D, [](const auto& d, const auto& g) { return d * g; }, dx + k, dy + k, theta.gamma.data());
        const auto element = [](std::size_t) { return [](const auto& g) { return g; }; };
        const auto times_x_hat = [mu, r](std::size_t k) {
            return [m = mu[k], s = r[k]](const auto& g, const auto& a) { return g * ((a - m) * s); };
        };
        alignas(64) T sum[kernels::width<T>], dot[kernels::width<T>];
        kernels::row_means<T>(block, D, element, dx).store_aligned(sum);               // Σ g / D
        kernels::row_means<T>(block, D, times_x_hat, dx, x).store_aligned(dot);        // Σ (g ∘ x̂) / D
        for (std::size_t k = 0; k < block; ++k) {
            const auto f = [m = mu[k], s = r[k], a = sum[k], b = dot[k]](const auto& g, const auto& v) {
                return (g - a - (v - m) * s * b) * s;                  // dx = (g − Σ g / D − x̂ Σ (g ∘ x̂) / D) r
            };
            kernels::map(D, f, dx + k * D, dx + k * D, x + k * D);
        }
    }
};

template <class T>
template <class X>
const X& layer_norm<T>::forward(const X& x, cache<X>& c) const {
    theta.check(name, x);
    const std::size_t N = rows(x), D = features(x);
    reshape(c.mean, std::array{N}), reshape(c.r, std::array{N}), reshape(c.y, x.shape());
    T *mu = c.mean.data(), *r = c.r.data();
    each_block(N, [&](std::size_t n, std::size_t block) {
        const T* v = x.data() + n * D;
        const auto element = [](std::size_t) { return [](const auto& a) { return a; }; };
        const auto square = [m = mu + n](std::size_t k) {
            return [m = m[k]](const auto& a) { return (a - m) * (a - m); };
        };
        kernels::store_at(mu, n, n + block, kernels::row_means<T>(block, D, element, v));  // μ = Σ x / D
        const auto variance = kernels::row_means<T>(block, D, square, v);          // σ² = Σ (x − μ)² / D
        kernels::store_at(r, n, n + block, kernels::reg<T>(T(1) / sqrt(variance + static_cast<T>(epsilon))));
        for (std::size_t k = n; k < n + block; ++k) {
            const auto f = [m = mu[k], s = r[k]](const auto& a, const auto& g, const auto& b) {
                return (a - m) * s * g + b;                                        // y = (x − μ) r ∘ γ + β
            };
            kernels::map(D, f, c.y.data() + k * D, x.data() + k * D, theta.gamma.data(), theta.beta.data());
        }
    });
    return c.y;
}

template <class T>
template <class X>
const X& layer_norm<T>::backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx) const {
    theta.check_backward(name, x, dy, c.y, grad);
    const std::size_t N = rows(x), D = features(x);
    if (ctx.input_gradient) reshape(c.dx, x.shape());
    c.totals.begin(D, D);
    each_block(N, [&](std::size_t n, std::size_t block) {
        const T *mu = c.mean.data() + n, *r = c.r.data() + n, *v = x.data() + n * D, *d = dy.data() + n * D;
        for (std::size_t k = 0; k < block; ++k, c.totals.end_row()) {
            const auto add = [m = mu[k], s = r[k]](auto& db, auto& dg, const auto& e, const auto& a) {
                db += e;                                                           // dβ = Σₙ dyₙ
                dg += e * ((a - m) * s);                                           // dγ = Σₙ dyₙ ∘ x̂ₙ
            };
            kernels::update(D, add, c.totals.a(), c.totals.b(), d + k * D, v + k * D);
        }
        if (ctx.input_gradient) input_gradient(block, mu, r, v, d, c.dx.data() + n * D);
    });
    const auto [dbeta, dgamma] = c.totals.end();
    grad.assign(dgamma, dbeta);
    return c.dx;
}

#ifdef GRADUS_COMPILED
#define GRADUS_NORM(T, N)                                                                                             \
    GRADUS_EXTERN(layers) template const tensor<T, N>& layer_norm<T>::forward(                                        \
        const tensor<T, N>&, cache<tensor<T, N>>&) const;                                                             \
    GRADUS_EXTERN(layers) template const tensor<T, N>& layer_norm<T>::backward(                                       \
        const tensor<T, N>&, const tensor<T, N>&, cache<tensor<T, N>>&, parameters&, const context&) const;
GRADUS_NORM(float, 2)
GRADUS_NORM(float, 3)
GRADUS_NORM(double, 2)
GRADUS_NORM(double, 3)
#undef GRADUS_NORM
#endif

}  // namespace gradus
