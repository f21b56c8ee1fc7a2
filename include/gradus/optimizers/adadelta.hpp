#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Adadelta: steps in the parameter's unit, scaled by the root mean square of its steps over that of its gradients.
///   v ← ρ v + (1 − ρ) g²                 [adadelta.v]
///   δ = √(u + ε) / √(v + ε) g            [adadelta.delta]
///   u ← ρ u + (1 − ρ) δ²                 [adadelta.u]
///   θ ← θ − α δ                          [adadelta.theta]
/// The paper has no α, which means α = 1, the default here and in PyTorch; with Keras's α = 0.001 it hardly learns.
/// Source: Zeiler, "ADADELTA" (2012), algorithm 1, with ρ = 0.95. Defaults as PyTorch's.
/// Complexity: one pass over θ, g, v and u, which reads four numbers and writes three per parameter; no allocation.
struct adadelta {
    double learning_rate = 1;  ///< α
    double rho = 0.9;
    double epsilon = 1e-6;
    weight_decay decay = {};

    static constexpr std::string_view name = "adadelta";
    static constexpr std::array<std::string_view, 2> slots{"v", "u"};
    static constexpr std::array<std::string_view, 4> formulas{
        "v ← ρ v + (1 − ρ) g²   [adadelta.v]", "δ = √(u + ε) / √(v + ε) g   [adadelta.delta]",
        "u ← ρ u + (1 − ρ) δ²   [adadelta.u]", "θ ← θ − α δ   [adadelta.theta]"};
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 3> constants() const {
        return {{{"α", learning_rate}, {"ρ", rho}, {"ε", epsilon}}};
    }
    void check() const { require(name, {{"learning_rate", learning_rate}, {"rho", rho, 1}, {"epsilon", epsilon}}); }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t) const {
        return [alpha = static_cast<T>(learning_rate), r = static_cast<T>(rho), a = static_cast<T>(1 - rho),
                eps = static_cast<T>(epsilon)](auto& theta, const auto& g, auto& v, auto& u) {
            v = r * v + a * g * g;                                   // v ← ρ v + (1 − ρ) g²
            const auto delta = sqrt(u + eps) / sqrt(v + eps) * g;    // δ = √(u + ε) / √(v + ε) g
            theta -= alpha * delta;                                  // θ ← θ − α δ, before u: a lazy δ reads it
            u = r * u + a * delta * delta;                           // u ← ρ u + (1 − ρ) δ²
        };
    }
};

GRADUS_OPTIMIZER(adadelta)

}  // namespace gradus
