#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// RMSProp with the gradient's deviation instead of its root mean square, as PyTorch's `RMSprop(centered=True)`.
///   v ← ρ v + (1 − ρ) g²                         [centered_rmsprop.v]
///   a ← ρ a + (1 − ρ) g                          [centered_rmsprop.a]
///   σ² = max(v − a², 0)                          [centered_rmsprop.variance]
///   b ← μ b + g / (√σ² + ε)                      [centered_rmsprop.b]
///   θ ← θ − α b                                  [centered_rmsprop.theta]
/// For a nearly constant gradient rounding may make v − a² negative: its root in PyTorch is NaN.
/// TensorFlow's form, which is the paper's (with ε = 1e-4), has ε inside the root and α inside b:
///   b ← μ b + α g / √(σ² + ε)                    [centered_rmsprop.b_tensorflow]
///   θ ← θ − b                                    [centered_rmsprop.theta_tensorflow]
/// Source: Graves, "Generating Sequences With Recurrent Neural Networks" (2013), (38) to (45). Defaults as PyTorch's.
/// Complexity: one pass over θ, g, v, a and b, which reads five numbers and writes four per parameter; no allocation.
struct centered_rmsprop {
    double learning_rate = 0.01;  ///< α
    double rho = 0.99;
    double epsilon = 1e-8;
    double momentum = 0;                          ///< μ
    enum { pytorch, tensorflow } form = pytorch;  ///< ε outside or inside the root, α outside or inside b
    weight_decay decay = {};

    static constexpr std::string_view name = "centered_rmsprop";
    static constexpr std::array<std::string_view, 3> slots{"v", "a", "b"};
    static constexpr std::array<std::string_view, 5> formulas{
        "v ← ρ v + (1 − ρ) g²   [centered_rmsprop.v]", "a ← ρ a + (1 − ρ) g   [centered_rmsprop.a]",
        "σ² = max(v − a², 0)   [centered_rmsprop.variance]", "b ← μ b + g / (√σ² + ε)   [centered_rmsprop.b]",
        "θ ← θ − α b   [centered_rmsprop.theta]"};
    /// The formulas of the chosen form.
    [[nodiscard]] std::array<std::string_view, 5> statements() const {
        auto chosen = formulas;
        if (form == tensorflow) {
            chosen[3] = "b ← μ b + α g / √(σ² + ε)   [centered_rmsprop.b_tensorflow]";
            chosen[4] = "θ ← θ − b   [centered_rmsprop.theta_tensorflow]";
        }
        return chosen;
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
                r = static_cast<T>(rho), c = static_cast<T>(1 - rho), mu = static_cast<T>(momentum),
                inside = static_cast<T>(theirs ? epsilon : 0), outside = static_cast<T>(theirs ? 0 : epsilon)](
                   auto& theta, const auto& g, auto& v, auto& a, auto& b) {
            v = r * v + c * g * g;                                           // v ← ρ v + (1 − ρ) g²
            a = r * a + c * g;                                               // a ← ρ a + (1 − ρ) g
            const auto variance = where(v > a * a, v - a * a, constant<decltype(v)>(0));  // σ² = max(v − a², 0)
            b = mu * b + inner * g / (sqrt(variance + inside) + outside);    // b ← μ b + g / (√σ² + ε)
            theta -= outer * b;                                              // θ ← θ − α b
        };
    }
};

GRADUS_OPTIMIZER(centered_rmsprop)

}  // namespace gradus
