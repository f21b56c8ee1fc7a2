#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Adagrad: divides each parameter's step by the root of the sum of its squared gradients, as PyTorch's `Adagrad`.
///   s ← s + g²                                            [adagrad.s]
///   θ ← θ − αₜ g / (√s + ε), αₜ = α / (1 + (t − 1) η)     [adagrad.theta]
/// η = 0 is the paper's form, whose δI + diag(s)^½ also has ε outside the root. TensorFlow and Keras have it inside,
/// with the initial value s = 0.1:
///   θ ← θ − αₜ g / √(s + ε)                               [adagrad.theta_inside]
/// Source: Duchi, Hazan and Singer (2011), section 1.2. Defaults as PyTorch's.
/// Complexity: one pass over θ, g and s, which reads three numbers and writes two per parameter; no allocation.
struct adagrad {
    double learning_rate = 0.01;     ///< α
    double learning_rate_decay = 0;  ///< η
    double epsilon = 1e-10;
    enum { pytorch, keras } form = pytorch;  ///< ε outside or inside the root
    weight_decay decay = {};

    static constexpr std::string_view name = "adagrad";
    static constexpr std::array<std::string_view, 1> slots{"s"};
    static constexpr std::array<std::string_view, 2> formulas{
        "s ← s + g²   [adagrad.s]", "θ ← θ − αₜ g / (√s + ε), αₜ = α / (1 + (t − 1) η)   [adagrad.theta]"};
    /// The formulas of the chosen form.
    [[nodiscard]] std::array<std::string_view, 2> statements() const {
        return {formulas[0], form == pytorch ? formulas[1]
                                             : "θ ← θ − αₜ g / √(s + ε), αₜ = α / (1 + (t − 1) η)   [adagrad.theta_inside]"};
    }
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 3> constants() const {
        return {{{"α", learning_rate}, {"η", learning_rate_decay}, {"ε", epsilon}}};
    }
    void check() const {
        require(name, {{"learning_rate", learning_rate}, {"learning_rate_decay", learning_rate_decay}, {"epsilon", epsilon}});
    }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t t) const {
        const double alpha_t = learning_rate / (1 + static_cast<double>(t - 1) * learning_rate_decay);
        return [alpha = static_cast<T>(alpha_t), outside = static_cast<T>(form == pytorch ? epsilon : 0),
                inside = static_cast<T>(form == keras ? epsilon : 0)](auto& theta, const auto& g, auto& s) {
            s = s + g * g;                                       // s ← s + g²
            theta -= alpha * g / (sqrt(s + inside) + outside);   // θ ← θ − αₜ g / (√s + ε)
        };
    }
};

GRADUS_OPTIMIZER(adagrad)

}  // namespace gradus
