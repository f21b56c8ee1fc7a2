#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Logistic sigmoid, σ(z) = 1 / (1 + e⁻ᶻ).                                                                   [sigmoid]
///   σ'(z) = σ(z) (1 − σ(z)) = y (1 − y)                                                            [sigmoid.backward]
/// Range (0, 1). For z → −∞, e⁻ᶻ overflows to ∞ and y to exactly 0: no NaN for any finite z.
/// Source: documents/000, 4.1 (`tf.nn.sigmoid`).
struct sigmoid : activation_layer<sigmoid> {
    static constexpr std::string_view name = "sigmoid";
    static constexpr std::string_view formula = "1 / (1 + e⁻ᶻ)";
    static constexpr reads backward_reads = reads::y;
    static constexpr bool rises = true;
    static constexpr bool gives_probabilities = true;

    template <class Z>
    static auto value(const Z& z) {
        return 1 / (1 + exp(-z));
    }
    template <class Y>
    static auto derivative(const Y& y) {
        return y * (1 - y);
    }
};

GRADUS_ACTIVATION(sigmoid)

}  // namespace gradus
