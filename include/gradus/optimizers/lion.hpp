#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Lion: evolved sign momentum. Every parameter changes by α; only the sign of c is used.
///   c = β₁ m + (1 − β₁) g                [lion.c]
///   θ ← θ − α sign(c)                    [lion.theta]
///   m ← β₂ m + (1 − β₂) g                [lion.m]
/// where sign(0) = 0 and sign(NaN) = NaN, so that a NaN shows in θ instead of stopping its updates.
/// The paper's λ is `decay.decoupled`: θ ← θ − α (sign(c) + λθ). It recommends α three to ten times smaller than
/// Adam's, and λ larger by the same factor.
/// Source: Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023), algorithm 2. Defaults as there, λ = 0.
/// Complexity: one pass over θ, g and m, which reads three numbers and writes two per parameter; no allocation.
struct lion {
    double learning_rate = 1e-4;  ///< α
    double beta1 = 0.9;
    double beta2 = 0.99;
    weight_decay decay = {};

    static constexpr std::string_view name = "lion";
    static constexpr std::array<std::string_view, 1> slots{"m"};
    static constexpr std::array<std::string_view, 3> formulas{
        "c = β₁ m + (1 − β₁) g   [lion.c]", "θ ← θ − α sign(c)   [lion.theta]", "m ← β₂ m + (1 − β₂) g   [lion.m]"};
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 3> constants() const {
        return {{{"α", learning_rate}, {"β₁", beta1}, {"β₂", beta2}}};
    }
    void check() const { require(name, {{"learning_rate", learning_rate}, {"beta1", beta1, 1}, {"beta2", beta2, 1}}); }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t) const {
        return [alpha = static_cast<T>(learning_rate), b1 = static_cast<T>(beta1), b2 = static_cast<T>(beta2),
                a1 = static_cast<T>(1 - beta1), a2 = static_cast<T>(1 - beta2)](auto& theta, const auto& g, auto& m) {
            const auto c = b1 * m + a1 * g;                                              // c = β₁ m + (1 − β₁) g
            theta -= where(c > 0, alpha, where(c < 0, -alpha, c));                       // θ ← θ − α sign(c)
            m = b2 * m + a2 * g;                                                         // m ← β₂ m + (1 − β₂) g
        };
    }
};

GRADUS_OPTIMIZER(lion)

}  // namespace gradus
