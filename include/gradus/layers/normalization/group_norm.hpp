#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gradus/kernels/normalization.hpp"
#include "gradus/layers/normalization/scale_and_shift.hpp"
#include "gradus/nn/context.hpp"

namespace gradus {

/// Group normalization, of each group of neighbouring channels of each sample:
///   y = γ ∘ x̂ + β with x̂ = (x − μ) / √(σ² + ε)                                                 [group_norm.forward]
///   x, x̂, y (N, ..., C): P positions of C channels   γ, β (C)   μ, σ² (N, G), over M = P C / G elements:
///   μ = Σ x / M     σ² = Σ (x − μ)² / M                                  [group_norm.mean] [group_norm.variance]
/// Backward, with sums over the group of the sample:
///   dβ = Σ dy     dγ = Σ dy ∘ x̂, over samples and positions                [group_norm.dbeta] [group_norm.dgamma]
///   g = γ ∘ dy     dx = (g − Σ g / M − x̂ Σ (g ∘ x̂) / M) / √(σ² + ε)                               [group_norm.dx]
///
/// G = 1 normalizes whole samples; G = C is instance normalization. Training and inference compute the same.
/// Source: Wu and He, "Group normalization" (2018). ε as in PyTorch; Keras has 1e-3.
/// Complexity: as batch_norm, but for one sample at a time, which stays in the CPU cache if it fits. Memory: y, dx and
/// two numbers for each channel of each sample.
/// \throws shape_error if x does not have C channels or is empty, or dy does not have the shape of y.
template <class T = float>
struct group_norm {
    static constexpr std::string_view name = "group_norm", formula = "y = γ ∘ (x − μ) / √(σ² + ε) + β";
    using scalar = T;
    using input = tensor<T, 2>;

    using parameters = scale_and_shift<T>;
    template <class X>
    struct cache {
        tensor<T, 2> mean, r;          // (N, C), equal within a group; r = 1 / √(σ² + ε)
        tensor<double, 2> of_channel;  // (4, C): dβ, dγ; Σ g / M and Σ (g ∘ x̂) / M of the group
        X y, dx;
        kernels::channelwise<T> channels;
    };

    parameters theta;
    std::size_t groups;
    double epsilon;
    std::uint64_t key = 0;  // unused: nothing is drawn

    /// \throws shape_error if there are no channels, ε is not in [0, 1], or the groups do not divide the channels.
    group_norm(std::size_t groups_, std::size_t channels, normalization_options o = {})
        : groups(groups_), epsilon(o.epsilon) {
        theta.begin(name, channels, epsilon);
        if (groups == 0 || channels % groups != 0)
            throw shape_error(name, {"C = ", channels, " channels cannot be cut into G = ", groups, " groups"});
    }
    void initialize(std::uint64_t) { theta.restart(); }

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        theta.check(name, x);
        const std::size_t N = x.shape()[0], C = features(x), size = x.size() / N;
        reshape(c.mean, std::array{N, C}), reshape(c.r, std::array{N, C}), reshape(c.y, x.shape());
        c.channels.resize(size / C, C);
        for (std::size_t n = 0; n < N; ++n) {
            T *mu = &c.mean(n, 0), *r = &c.r(n, 0);
            c.channels.moments(x.data() + n * size, mu, r);                            // of each channel
            join(mu, r);                                                               // μ, r of each group
            c.channels.map([](const auto& v, const auto& m, const auto& s, const auto& b) { return (v - m) * s + b; },
                           c.y.data() + n * size, x.data() + n * size,                 // y = (x − μ) r ∘ γ + β
                           kernels::per_channel{[=](std::size_t j) { return mu[j]; }},
                           kernels::per_channel{[=, this](std::size_t j) { return r[j] * theta.gamma(j); }},
                           kernels::per_channel{[this](std::size_t j) { return theta.beta(j); }});
        }
        return c.y;
    }

    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const {
        theta.check_backward(name, x, dy, c.y, grad);
        const std::size_t N = x.shape()[0], C = features(x), size = x.size() / N;
        if (ctx.input_gradient) reshape(c.dx, x.shape());
        reshape(c.of_channel, std::array<std::size_t, 2>{4, C});
        c.of_channel.fill(0);
        double *dbeta = c.of_channel.data(), *dgamma = dbeta + C, *sum = dgamma + C, *dot = sum + C;
        for (std::size_t n = 0; n < N; ++n) {
            const T *v = x.data() + n * size, *d = dy.data() + n * size, *m = &c.mean(n, 0), *q = &c.r(n, 0);
            const auto mu = kernels::per_channel{[=](std::size_t j) { return m[j]; }};
            const auto r = kernels::per_channel{[=](std::size_t j) { return q[j]; }};
            const auto [of_sample, times_x_hat] = c.channels.sum(
                [](auto& a, auto& b, const auto& e, const auto& u, const auto& k, const auto& s) {
                    a += e, b += e * ((u - k) * s);                                    // Σ dy, Σ dy ∘ x̂ of this sample
                },
                d, v, mu, r);
            for (std::size_t j = 0; j < C; ++j) dbeta[j] += of_sample[j], dgamma[j] += times_x_hat[j];
            if (!ctx.input_gradient) continue;
            over_groups(of_sample, sum, size), over_groups(times_x_hat, dot, size);    // Σ g / M, Σ (g ∘ x̂) / M
            const auto scale = kernels::per_channel{[=, this](std::size_t j) { return q[j] * theta.gamma(j); }};
            const auto shift = kernels::per_channel{[=](std::size_t j) { return sum[j] * double(q[j]); }};
            const auto slope = kernels::per_channel{[=](std::size_t j) { return dot[j] * double(q[j]) * double(q[j]); }};
            c.channels.map(
                [](const auto& e, const auto& u, const auto& k, const auto& s, const auto& a, const auto& b) {
                    return s * e - a - (u - k) * b;                    // dx = (g − Σ g / M − x̂ Σ (g ∘ x̂) / M) r
                },
                c.dx.data() + n * size, d, v, mu, scale, shift, slope);
        }
        grad.assign(dgamma, dbeta);
        return c.dx;
    }

    [[nodiscard]] std::vector<std::size_t> input_shape() const { return {theta.gamma.size()}; }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        theta.check_sample(name, in);
        return in;
    }
    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] group_norm<U> to_scalar() const {
        return group_norm<U>(groups, theta.gamma.size(), {.epsilon = epsilon});
    }

  private:
    [[nodiscard]] std::size_t in_group() const { return theta.gamma.size() / groups; }

    /// Replaces mean and variance of each channel by μ and 1 / √(σ² + ε) of its group; all channels have equal counts.
    ///   μ = Σ mean / S     σ² = Σ (variance + (mean − μ)²) / S, over the S channels of a group
    void join(T* mean, T* variance) const {
        const std::size_t S = in_group();
        for (std::size_t first = 0; first < theta.gamma.size(); first += S, mean += S, variance += S) {
            double sum = 0, m2 = 0;
            for (std::size_t j = 0; j < S; ++j) sum += static_cast<double>(mean[j]);
            const double mu = sum / static_cast<double>(S);
            for (std::size_t j = 0; j < S; ++j) {
                const double away = static_cast<double>(mean[j]) - mu;
                m2 += static_cast<double>(variance[j]) + away * away;
            }
            std::fill_n(mean, S, static_cast<T>(mu));
            std::fill_n(variance, S, static_cast<T>(1 / std::sqrt(m2 / static_cast<double>(S) + epsilon)));
        }
    }
    /// out = Σ γ s / M over the channels of a group, stored for each channel.
    void over_groups(const double* s, double* out, std::size_t size) const {
        const std::size_t S = in_group(), C = theta.gamma.size();
        for (std::size_t first = 0; first < C; first += S) {
            double sum = 0;
            for (std::size_t j = first; j < first + S; ++j) sum += static_cast<double>(theta.gamma(j)) * s[j];
            std::fill_n(out + first, S, sum / static_cast<double>(size / C * S));
        }
    }
};

}  // namespace gradus
