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

/// NAdam: Adam with Nesterov momentum, as PyTorch's `NAdam(foreach=True)`, at step t = 1, 2, ...
///   μₜ = β₁ (1 − ½ · 0.96^(tψ))                            [nadam.mu]
///   Π ← Π μₜ                                               [nadam.mu_product]
///   m ← β₁ m + (1 − β₁) g                                  [nadam.m]
///   v ← β₂ v + (1 − β₂) g²                                 [nadam.v]
///   m̂ = μₜ₊₁ m / (1 − Π μₜ₊₁) + (1 − μₜ) g / (1 − Π)       [nadam.m_hat]
///   v̂ = v / (1 − β₂ᵗ)                                      [nadam.v_hat]
///   θ ← θ − α m̂ / (√v̂ + ε)                                 [nadam.theta]
/// PyTorch 1.13 without foreach multiplies μₜ into Π μₜ₊₁ a second time, a bug that later versions fixed.
/// The paper uses μₜ in m too; the weights in m then add up to 1 − Π:
///   m ← μₜ m + (1 − μₜ) g                                  [nadam.m_paper]
/// Source: Dozat, "Incorporating Nesterov Momentum into Adam" (2016), algorithm 2 and section 3. Defaults as PyTorch's.
/// Complexity: one pass over θ, g, m and v, which reads four numbers and writes three per parameter; no allocation.
struct nadam {
    double learning_rate = 2e-3;  ///< α
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double momentum_decay = 4e-3;            ///< ψ
    enum { pytorch, paper } form = pytorch;  ///< m uses β₁ or μₜ
    weight_decay decay = {};

    static constexpr std::string_view name = "nadam";
    static constexpr std::array<std::string_view, 2> slots{"m", "v"};
    static constexpr std::array<std::pair<std::string_view, double>, 1> scalars{{{"mu_product", 1.0}}};
    static constexpr std::array<std::string_view, 7> formulas{
        "μₜ = β₁ (1 − ½ · 0.96^(tψ))   [nadam.mu]",
        "Π ← Π μₜ   [nadam.mu_product]",
        "m ← β₁ m + (1 − β₁) g   [nadam.m]",
        "v ← β₂ v + (1 − β₂) g²   [nadam.v]",
        "m̂ = μₜ₊₁ m / (1 − Π μₜ₊₁) + (1 − μₜ) g / (1 − Π)   [nadam.m_hat]",
        "v̂ = v / (1 − β₂ᵗ)   [nadam.v_hat]",
        "θ ← θ − α m̂ / (√v̂ + ε)   [nadam.theta]"};
    /// The formulas of the chosen form.
    [[nodiscard]] std::array<std::string_view, 7> statements() const {
        auto chosen = formulas;
        if (form == paper) chosen[2] = "m ← μₜ m + (1 − μₜ) g   [nadam.m_paper]";
        return chosen;
    }
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 5> constants() const {
        return {{{"α", learning_rate}, {"β₁", beta1}, {"β₂", beta2}, {"ε", epsilon}, {"ψ", momentum_decay}}};
    }
    void check() const {
        require(name, {{"learning_rate", learning_rate}, {"beta1", beta1, 1}, {"beta2", beta2, 1}, {"epsilon", epsilon},
                       {"momentum_decay", momentum_decay}});
    }

    [[nodiscard]] double mu(std::uint64_t t) const {
        return beta1 * (1 - 0.5 * std::pow(0.96, static_cast<double>(t) * momentum_decay));  // μₜ = β₁ (1 − ½ · 0.96^(tψ))
    }
    void advance(std::uint64_t t, std::array<double, 1>& s) const {
        s[0] *= mu(t);  // Π ← Π μₜ
    }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t t, const std::array<double, 1>& s) const {
        const double now = mu(t), next = mu(t + 1), product = s[0], beta = form == paper ? now : beta1;
        return [alpha = static_cast<T>(learning_rate), b1 = static_cast<T>(beta), b2 = static_cast<T>(beta2),
                a1 = static_cast<T>(1 - beta), a2 = static_cast<T>(1 - beta2), eps = static_cast<T>(epsilon),
                cm = static_cast<T>(next / (1 - product * next)), cg = static_cast<T>((1 - now) / (1 - product)),
                c2 = static_cast<T>(1 / (1 - std::pow(beta2, static_cast<double>(t))))](auto& theta, const auto& g, auto& m,
                                                                                        auto& v) {
            m = b1 * m + a1 * g;                             // m ← β₁ m + (1 − β₁) g
            v = b2 * v + a2 * g * g;                         // v ← β₂ v + (1 − β₂) g²
            const auto m_hat = cm * m + cg * g;              // m̂ = μₜ₊₁ m / (1 − Π μₜ₊₁) + (1 − μₜ) g / (1 − Π)
            const auto v_hat = v * c2;                       // v̂ = v / (1 − β₂ᵗ)
            theta -= alpha * m_hat / (sqrt(v_hat) + eps);    // θ ← θ − α m̂ / (√v̂ + ε)
        };
    }
};

GRADUS_OPTIMIZER(nadam)

}  // namespace gradus
