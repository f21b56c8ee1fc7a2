#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

/// AdamW: Adam's step with decoupled weight decay.
///   θ ← θ − α m̂ / (√v̂ + ε) − αλθ         [adamw.theta]
/// λ is multiplied by α, as in PyTorch. The paper's algorithm 2 is `.decay = {.decoupled = 5e-5, .independent = true}`.
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). Defaults as PyTorch's.
/// Complexity: as Adam.
struct adamw {
    double learning_rate = 1e-3;  ///< α
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    weight_decay decay = {.decoupled = 0.01};

    static constexpr std::string_view name = "adamw";
    static constexpr auto slots = adam::slots;
    static constexpr std::array<std::string_view, 5> formulas{
        adam::formulas[0], adam::formulas[1], adam::formulas[2], adam::formulas[3],
        "θ ← θ − α m̂ / (√v̂ + ε) − αλθ   [adamw.theta]"};
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 5> constants() const {
        return {{{"α", learning_rate}, {"β₁", beta1}, {"β₂", beta2}, {"ε", epsilon}, {"λ", decay.decoupled}}};
    }
    void check() const {
        require(name, {{"learning_rate", learning_rate}, {"beta1", beta1, 1}, {"beta2", beta2, 1}, {"epsilon", epsilon}});
    }

    /// Adam's formula; `optimizer_of` adds the decay.
    template <class T>
    [[nodiscard]] auto step(std::uint64_t t) const {
        return adam{.learning_rate = learning_rate, .beta1 = beta1, .beta2 = beta2, .epsilon = epsilon}.step<T>(t);
    }
};

GRADUS_OPTIMIZER(adamw)

}  // namespace gradus
