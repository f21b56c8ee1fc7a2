#pragma once

#include <string_view>

#include "gradus/optimizers/hyper_parameter.hpp"

namespace gradus {

/// Pulls parameters towards zero, in one of two ways that only gradient descent takes for the same:
///   g ← g + λθ             [weight_decay.coupled]
///   θ ← θ − αλθ            [weight_decay.decoupled]
/// Coupled is the gradient of ½λ‖θ‖² and goes through whatever the optimizer makes of gradients: Adam divides it by √v̂.
/// Decoupled leaves the gradient as it is. Both read θ as it was before the step.
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), algorithms 1 and 2. There decoupled is
/// θ ← θ − ηλθ, η a schedule that multiplies α too; PyTorch's AdamW has αλ, as here unless `independent`.
/// Complexity: part of the optimizer's one pass.
struct weight_decay {
    double coupled = 0;         ///< λ of g ← g + λθ: PyTorch's `weight_decay` everywhere but in AdamW
    double decoupled = 0;       ///< λ of θ ← θ − αλθ
    bool independent = false;   ///< θ ← θ − λθ, whatever α: the paper's, with its η multiplied into λ by who schedules it
    bool spare_biases = false;  ///< leaves out what layers mark so: biases, scales and shifts of normalizations

    void check(std::string_view optimizer) const {
        require(optimizer, {{"decay.coupled", coupled}, {"decay.decoupled", decoupled}});
    }

    /// A formula of step t that is given sg + λθ for g, s scaling the gradient, and takes αλθ from θ: for numbers and
    /// registers. What is not asked for is λ = 0 or s = 1, which change no bit, rather than a kernel of its own.
    template <class T, class F>
    [[nodiscard]] auto around(const F& formula, double scale, double alpha, bool spared) const {
        const double l = spared ? 0 : coupled, al = spared ? 0 : independent ? decoupled : alpha * decoupled;
        return [formula, s = static_cast<T>(scale), l = static_cast<T>(l), al = static_cast<T>(al),
                asked = scale != 1 || l != 0 || al != 0](auto& theta, auto g, auto&... slot) {
            if (asked) {
                g = s * g + l * theta;  // g ← g + λθ
                theta -= al * theta;    // θ ← θ − αλθ
            }
            formula(theta, g, slot...);
        };
    }
};

}  // namespace gradus
