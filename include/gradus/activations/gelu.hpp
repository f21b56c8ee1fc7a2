#pragma once
#include <numbers>

#include "gradus/activations/activation.hpp"
#include "gradus/core/generic.hpp"

namespace gradus {

/// Gaussian error linear unit, GELU(z) = z Φ(z) = z ½ (1 + erf(z / √2)).                                       [gelu]
///   GELU'(z) = Φ(z) + z φ(z),   φ(z) = e^(−z²/2) / √(2π)                                              [gelu.backward]
/// Not monotonic, so y does not determine z: the backward reads z.
/// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016), the exact form.
struct gelu {
    static constexpr std::string_view name = "gelu";
    static constexpr std::string_view formula = "z Φ(z)";
    static constexpr reads backward_reads = reads::z;

    template <class Z>
    static auto value(const Z& z) {
        return z * (constant<Z>(0.5) * (1 + erf(z * constant<Z>(std::numbers::sqrt2 / 2))));
    }
    template <class Z>
    static auto derivative(const Z& z) {
        return constant<Z>(0.5) * (1 + erf(z * constant<Z>(std::numbers::sqrt2 / 2))) +
               z * (constant<Z>(std::numbers::inv_sqrtpi / std::numbers::sqrt2) * exp(constant<Z>(-0.5) * z * z));
    }
};

}  // namespace gradus
