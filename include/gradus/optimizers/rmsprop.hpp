#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// RMSProp: divides the gradient by its root mean square, as PyTorch's `RMSprop`.
///   v ← ρ v + (1 − ρ) g²                 [rmsprop.v]
///   b ← μ b + g / (√v + ε)               [rmsprop.b]
///   θ ← θ − α b                          [rmsprop.theta]
/// In TensorFlow and Keras ε is inside the root and α inside the momentum, so that each term keeps the α of its step:
///   b ← μ b + α g / √(v + ε)             [rmsprop.b_tensorflow]
///   θ ← θ − b                            [rmsprop.theta_tensorflow]
/// Source: Hinton, "Neural Networks for Machine Learning" (2012), lecture 6e: ρ = 0.9, without ε and μ. Defaults as in
/// PyTorch, where ρ is named alpha.
/// Complexity: one pass over θ, g, v and b, which reads four numbers and writes three per parameter; no allocation.
struct rmsprop {
    double learning_rate = 0.01;  ///< α
    double rho = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;                          ///< μ
    enum { pytorch, tensorflow } form = pytorch;  ///< ε outside or inside the root, α outside or inside b
    weight_decay decay = {};

    static constexpr std::string_view name = "rmsprop";
    static constexpr std::array<std::string_view, 2> slots{"v", "b"};
    static constexpr std::array<std::string_view, 3> formulas{
        "v ← ρ v + (1 − ρ) g²   [rmsprop.v]", "b ← μ b + g / (√v + ε)   [rmsprop.b]", "θ ← θ − α b   [rmsprop.theta]"};
    /// The formulas of the chosen form.
    [[nodiscard]] std::array<std::string_view, 3> statements() const {
        if (form == pytorch) return formulas;
        return {formulas[0], "b ← μ b + α g / √(v + ε)   [rmsprop.b_tensorflow]", "θ ← θ − b   [rmsprop.theta_tensorflow]"};
    }
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 4> constants() const {
        return {{{"α", learning_rate}, {"ρ", rho}, {"ε", epsilon}, {"μ", momentum}}};
    }
    void check() const {
        require(name, {{"learning_rate", learning_rate}, {"rho", rho, 1}, {"epsilon", epsilon}, {"momentum", momentum}});
    }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t) const {
        const bool theirs = form == tensorflow;  // ε inside the root, α inside b
        return [inner = static_cast<T>(theirs ? learning_rate : 1), outer = static_cast<T>(theirs ? 1 : learning_rate),
                r = static_cast<T>(rho), a = static_cast<T>(1 - rho), mu = static_cast<T>(momentum),
                inside = static_cast<T>(theirs ? epsilon : 0), outside = static_cast<T>(theirs ? 0 : epsilon)](
                   auto& theta, const auto& g, auto& v, auto& b) {
            v = r * v + a * g * g;                                       // v ← ρ v + (1 − ρ) g²
            b = mu * b + inner * g / (sqrt(v + inside) + outside);       // b ← μ b + g / (√v + ε)
            theta -= outer * b;                                          // θ ← θ − α b
        };
    }
};

GRADUS_OPTIMIZER(rmsprop)

}  // namespace gradus
