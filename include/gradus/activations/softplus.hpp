#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Softplus, f(z) = log(1 + eᶻ), a smooth ReLU.                                                             [softplus]
///   f'(z) = σ(z) = 1 / (1 + e⁻ᶻ)                                                                  [softplus.backward]
/// Range (0, ∞). Computed as max(z, 0) + log(1 + e^−|z|), where no exponent is positive: finite, and accurate where f
/// is near 0. (PyTorch uses z itself beyond z = 20, where the two differ by less than 2.1e-9.)
/// Source: Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating second-order functional knowledge for better
/// option pricing" (2001), 2.
struct softplus : activation_layer<softplus> {
    static constexpr std::string_view name = "softplus";
    static constexpr std::string_view formula = "log(1 + eᶻ)";
    static constexpr reads backward_reads = reads::z;

    template <class Z>
    static auto value(const Z& z) {
        return where(z > 0, z, constant<Z>(0)) + log1p(exp(-abs(z)));
    }
    template <class Z>
    static auto derivative(const Z& z) {
        return sigmoid::value(z);
    }
};

GRADUS_ACTIVATION(softplus)

}  // namespace gradus
