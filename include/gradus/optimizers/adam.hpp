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

/// Adam: adaptive moment estimation, at step t = 1, 2, ...
///   m ← β₁ m + (1 − β₁) g                [adam.m]
///   v ← β₂ v + (1 − β₂) g²               [adam.v]
///   m̂ = m / (1 − β₁ᵗ)                    [adam.m_hat]
///   v̂ = v / (1 − β₂ᵗ)                    [adam.v_hat]
///   θ ← θ − α m̂ / (√v̂ + ε)               [adam.theta]
/// ε is outside the root and added to √v̂, as in algorithm 1 and in PyTorch. Keras uses the form at the end of the
/// paper's section 2, whose ε̂ is added to √v and so has more effect in the first steps:
///   ε = ε̂ / √(1 − β₂ᵗ)                   [adam.epsilon_hat]
/// Source: Kingma and Ba, "Adam" (2015), algorithm 1. Defaults as there; Keras's ε̂ is 1e-7.
/// Complexity: one pass over θ, g, m and v, which reads four numbers and writes three per parameter; no allocation.
struct adam {
    double learning_rate = 1e-3;  ///< α
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    enum { pytorch, keras } form = pytorch;  ///< meaning of `epsilon`: ε or ε̂
    weight_decay decay = {};

    static constexpr std::string_view name = "adam";
    static constexpr std::array<std::string_view, 2> slots{"m", "v"};
    static constexpr std::array<std::string_view, 5> formulas{
        "m ← β₁ m + (1 − β₁) g   [adam.m]", "v ← β₂ v + (1 − β₂) g²   [adam.v]", "m̂ = m / (1 − β₁ᵗ)   [adam.m_hat]",
        "v̂ = v / (1 − β₂ᵗ)   [adam.v_hat]", "θ ← θ − α m̂ / (√v̂ + ε)   [adam.theta]"};
    /// The formulas of the chosen form.
    [[nodiscard]] std::array<std::string_view, 5> statements() const {
        auto chosen = formulas;
        if (form == keras) chosen[4] = "θ ← θ − α m̂ / (√v̂ + ε / √(1 − β₂ᵗ))   [adam.theta] [adam.epsilon_hat]";
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
        const double left1 = 1 - std::pow(beta1, steps), left2 = 1 - std::pow(beta2, steps);
        return [alpha = static_cast<T>(learning_rate), b1 = static_cast<T>(beta1), b2 = static_cast<T>(beta2),
                a1 = static_cast<T>(1 - beta1), a2 = static_cast<T>(1 - beta2),
                eps = static_cast<T>(form == keras ? epsilon / std::sqrt(left2) : epsilon),
                // the corrections are computed once per step; each element multiplies, which is faster than dividing
                c1 = static_cast<T>(1 / left1), c2 = static_cast<T>(1 / left2)](auto& theta, const auto& g, auto& m, auto& v) {
            m = b1 * m + a1 * g;                             // m ← β₁ m + (1 − β₁) g
            v = b2 * v + a2 * g * g;                         // v ← β₂ v + (1 − β₂) g²
            const auto m_hat = m * c1;                       // m̂ = m / (1 − β₁ᵗ)
            const auto v_hat = v * c2;                       // v̂ = v / (1 − β₂ᵗ)
            theta -= alpha * m_hat / (sqrt(v_hat) + eps);    // θ ← θ − α m̂ / (√v̂ + ε)
        };
    }
};

GRADUS_OPTIMIZER(adam)

}  // namespace gradus
