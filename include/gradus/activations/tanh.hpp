#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Hyperbolic tangent, tanh(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ).                                                        [tanh]
///   tanh'(z) = 1 − tanh²(z) = 1 − y²                                                                  [tanh.backward]
/// Range (−1, 1).
/// Source: LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), 4.4: a sigmoid with mean 0.
struct tanh : activation_layer<tanh> {
    static constexpr std::string_view name = "tanh";
    static constexpr std::string_view formula = "(eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)";
    static constexpr reads backward_reads = reads::y;
    static constexpr bool rises = true;

    template <class Z>
    static auto value(const Z& z) {
        using std::tanh;  // the function, not this struct
        return tanh(z);
    }
    template <class Y>
    static auto derivative(const Y& y) {
        return 1 - y * y;
    }
};

GRADUS_ACTIVATION(tanh)

}  // namespace gradus
