#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"

namespace gradus {

/// Gradient descent, θ ← θ − α ∇J(θ).                                                          [gradient_descent.theta]
/// With the gradient of the whole data set, or of a random batch: stochastic gradient descent.
/// Source: documents/000, 3.3; documents/003, 3, formulas 1 and 2.
/// Complexity: one pass over θ and g, which reads two numbers and writes one per parameter; no allocation.
struct gradient_descent {
    double learning_rate = 0.01;  ///< α
    weight_decay decay = {};

    static constexpr std::string_view name = "gradient_descent";
    static constexpr std::array<std::string_view, 0> slots{};
    static constexpr std::array<std::string_view, 1> formulas{"θ ← θ − α g   [gradient_descent.theta]"};
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 1> constants() const { return {{{"α", learning_rate}}}; }
    void check() const { require(name, {{"learning_rate", learning_rate}}); }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t) const {
        return [alpha = static_cast<T>(learning_rate)](auto& theta, const auto& g) {
            theta -= alpha * g;  // θ ← θ − α g
        };
    }
};

GRADUS_OPTIMIZER(gradient_descent)

}  // namespace gradus
