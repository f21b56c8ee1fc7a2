#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// AMSGrad: Adam with a second moment that never decreases, as PyTorch's `Adam(amsgrad=True)`.
///   m ← β₁ m + (1 − β₁) g                                 [amsgrad.m]
///   v ← β₂ v + (1 − β₂) g²                                [amsgrad.v]
///   u ← max(u, v)                                         [amsgrad.u]
///   θ ← θ − α m̂ / (√û + ε), m̂ = m / (1 − β₁ᵗ), û = u / (1 − β₂ᵗ)          [amsgrad.theta]
/// The paper's algorithm 2 has no bias correction (and no ε):
///   θ ← θ − α m / (√u + ε)                                [amsgrad.theta_paper]
/// and Optax takes the maximum of the corrected v: as 1 − β₂ᵗ is small at first, the first gradients affect all steps.
///   u ← max(u, v / (1 − β₂ᵗ))                             [amsgrad.u_corrected]
/// Source: Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond" (2018), algorithm 2.
/// Complexity: one pass over θ, g, m, v and u, which reads five numbers and writes four per parameter; no allocation.
struct amsgrad {
    double learning_rate = 1e-3;  ///< α
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    enum { pytorch, paper, optax } form = pytorch;  ///< bias corrected after the maximum, not at all, or before
    weight_decay decay = {};

    static constexpr std::string_view name = "amsgrad";
    static constexpr std::array<std::string_view, 3> slots{"m", "v", "u"};
    static constexpr std::array<std::string_view, 4> formulas{
        "m ← β₁ m + (1 − β₁) g   [amsgrad.m]", "v ← β₂ v + (1 − β₂) g²   [amsgrad.v]", "u ← max(u, v)   [amsgrad.u]",
        "θ ← θ − α m̂ / (√û + ε), m̂ = m / (1 − β₁ᵗ), û = u / (1 − β₂ᵗ)   [amsgrad.theta]"};
    /// The formulas of the chosen form.
    [[nodiscard]] std::array<std::string_view, 4> statements() const {
        auto chosen = formulas;
        if (form == paper) chosen[3] = "θ ← θ − α m / (√u + ε)   [amsgrad.theta_paper]";
        if (form == optax) {
            chosen[2] = "u ← max(u, v / (1 − β₂ᵗ))   [amsgrad.u_corrected]";
            chosen[3] = "θ ← θ − α m̂ / (√u + ε), m̂ = m / (1 − β₁ᵗ)   [amsgrad.theta]";
        }
        return chosen;
    }
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 4> constants() const {
        return {{{"α", learning_rate}, {"β₁", beta1}, {"β₂", beta2}, {"ε", epsilon}}};
    }
    void check() const {
        require(name, {{"learning_rate", learning_rate}, {"beta1", beta1, 1}, {"beta2", beta2, 1}, {"epsilon", epsilon}});
    }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t t) const {
        const auto steps = static_cast<double>(t);
        const double c1 = 1 / (1 - std::pow(beta1, steps)), c2 = 1 / (1 - std::pow(beta2, steps));
        // the forms differ in the position of the corrections; unused factors are 1
        return [alpha = static_cast<T>(learning_rate), b1 = static_cast<T>(beta1), b2 = static_cast<T>(beta2),
                a1 = static_cast<T>(1 - beta1), a2 = static_cast<T>(1 - beta2), eps = static_cast<T>(epsilon),
                c1 = static_cast<T>(form == paper ? 1 : c1), before = static_cast<T>(form == optax ? c2 : 1),
                after = static_cast<T>(form == pytorch ? c2 : 1)](auto& theta, const auto& g, auto& m, auto& v, auto& u) {
            m = b1 * m + a1 * g;                             // m ← β₁ m + (1 − β₁) g
            v = b2 * v + a2 * g * g;                         // v ← β₂ v + (1 − β₂) g²
            u = where(before * v > u, before * v, u);        // u ← max(u, v)
            const auto m_hat = m * c1;                       // m̂ = m / (1 − β₁ᵗ)
            const auto u_hat = u * after;                    // û = u / (1 − β₂ᵗ)
            theta -= alpha * m_hat / (sqrt(u_hat) + eps);    // θ ← θ − α m̂ / (√û + ε)
        };
    }
};

GRADUS_OPTIMIZER(amsgrad)

}  // namespace gradus
