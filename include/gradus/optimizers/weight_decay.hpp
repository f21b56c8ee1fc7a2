#pragma once

#include <string_view>

#include "gradus/optimizers/hyper_parameter.hpp"

namespace gradus {

/// Weight decay: reduces parameters towards zero, in one of two ways that are equivalent only in gradient descent:
///   g ← g + λθ             [weight_decay.coupled]
///   θ ← θ − αλθ            [weight_decay.decoupled]
/// Coupled is the gradient of ½λ‖θ‖² and is processed like the rest of the gradient: Adam divides it by √v̂. Decoupled
/// does not change the gradient. Both use θ before the step.
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019), algorithms 1 and 2. There decoupled
/// is θ ← θ − ηλθ, where the schedule η also multiplies α; PyTorch's AdamW has αλ, as here unless `independent`.
/// Complexity: part of the optimizer's one pass.
struct weight_decay {
    double coupled = 0;         ///< λ of g ← g + λθ: PyTorch's `weight_decay` in all optimizers but AdamW
    double decoupled = 0;       ///< λ of θ ← θ − αλθ
    bool independent = false;   ///< θ ← θ − λθ, independent of α, as in the paper; multiply its η into λ
    bool spare_biases = false;  ///< excludes biases, and scales and shifts of normalizations (as marked by layers)

    void check(std::string_view optimizer) const {
        require(optimizer, {{"decay.coupled", coupled}, {"decay.decoupled", decoupled}});
    }

    /// Adds weight decay to the formula of step t, for numbers and registers: the formula gets sg + λθ as g, where s
    /// scales the gradient, and αλθ is subtracted from θ. Unused parts are λ = 0 and s = 1, which change no bit;
    /// separate kernels would be more code.
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
