#pragma once
#include <numbers>

#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Gaussian error linear unit, GELU(z) = z Φ(z) = z ½ (1 + erf(z / √2)).                                       [gelu]
///   GELU'(z) = Φ(z) + z φ(z),   φ(z) = e^(−z²/2) / √(2π)                                              [gelu.backward]
/// Not monotonic, so y does not determine z: the backward reads z.
/// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016), the exact form.
struct gelu : activation_layer<gelu> {
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

/// GELU's approximation by tanh, f(z) = ½ z (1 + tanh u),   u = √(2/π) (z + 0.044715 z³).                  [gelu_tanh]
///   f'(z) = ½ (1 + tanh u) (1 + z (1 − tanh u) u'),   u' = √(2/π) (1 + 0.134145 z²)              [gelu_tanh.backward]
/// Within 5e-4 of the exact form; used by GPT-2. PyTorch's `approximate='tanh'`.
/// Source: Hendrycks and Gimpel, "Gaussian error linear units" (2016), 2.
struct gelu_tanh : activation_layer<gelu_tanh> {
    static constexpr std::string_view name = "gelu_tanh";
    static constexpr std::string_view formula = "½ z (1 + tanh(√(2/π) (z + 0.044715 z³)))";
    static constexpr reads backward_reads = reads::z;

    template <class Z>
    static auto value(const Z& z) {
        return constant<Z>(0.5) * z * (1 + tanh_u(z));
    }
    template <class Z>
    static auto derivative(const Z& z) {
        return constant<Z>(0.5) * (1 + tanh_u(z)) *
               (1 + z * (1 - tanh_u(z)) * (constant<Z>(root) * (1 + constant<Z>(3 * 0.044715) * z * z)));
    }

  private:
    static constexpr double root = std::numbers::sqrt2 * std::numbers::inv_sqrtpi;  // √(2/π)

    template <class Z>
    static auto tanh_u(const Z& z) {
        using std::tanh;  // the function, not the struct of that name
        return tanh(constant<Z>(root) * z * (1 + constant<Z>(0.044715) * z * z));
    }
};

GRADUS_ACTIVATION(gelu)
GRADUS_ACTIVATION(gelu_tanh)

}  // namespace gradus
