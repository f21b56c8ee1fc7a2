#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Sigmoid linear unit, SiLU(z) = z σ(z) = z / (1 + e⁻ᶻ).                                                       [silu]
///   SiLU'(z) = σ(z) (1 + z (1 − σ(z)))                                                                [silu.backward]
/// Not monotonic, so y does not determine z: the backward reads z.
/// Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function approximation in
/// reinforcement learning" (2018), (11) and (12).
struct silu : activation_layer<silu> {
    static constexpr std::string_view name = "silu";
    static constexpr std::string_view formula = "z σ(z)";
    static constexpr reads backward_reads = reads::z;

    template <class Z>
    static auto value(const Z& z) {
        return z / (1 + exp(-z));
    }
    template <class Z>
    static auto derivative(const Z& z) {
        return sigmoid::value(z) * (1 + z * (1 - sigmoid::value(z)));
    }
};

/// SiLU under the name used by Keras and by Ramachandran, Zoph and Le, "Searching for activation functions" (2017).
using swish = silu;

GRADUS_ACTIVATION(silu)

}  // namespace gradus
