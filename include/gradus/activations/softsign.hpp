#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Softsign, f(z) = z / (1 + |z|).                                                                          [softsign]
///   f'(z) = 1 / (1 + |z|)² = (1 − |y|)²                                                           [softsign.backward]
/// Range (−1, 1), like tanh, but it approaches the limits more slowly: polynomially, not exponentially.
/// Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), 3.
struct softsign : activation_layer<softsign> {
    static constexpr std::string_view name = "softsign";
    static constexpr std::string_view formula = "z / (1 + |z|)";
    static constexpr reads backward_reads = reads::y;

    template <class Z>
    static auto value(const Z& z) {
        return z / (1 + abs(z));
    }
    template <class Y>
    static auto derivative(const Y& y) {
        return (1 - abs(y)) * (1 - abs(y));
    }
};

GRADUS_ACTIVATION(softsign)

}  // namespace gradus
