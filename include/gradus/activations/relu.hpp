#pragma once
#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Rectified linear unit, ReLU(z) = max(z, 0).                                                                  [relu]
///   ReLU'(z) = 1 where z > 0, that is where y > 0, else 0 (0 at the kink, as PyTorch and Keras)       [relu.backward]
/// NaN stays NaN, so that divergence is not hidden.
/// Source: documents/002, 4 (`activation='relu'`).
struct relu : activation_layer<relu> {
    static constexpr std::string_view name = "relu";
    static constexpr std::string_view formula = "max(z, 0)";
    static constexpr reads backward_reads = reads::y;
    static constexpr bool rises = true;

    template <class Z>
    static auto value(const Z& z) {
        return where(z < 0, 0, z);
    }
    template <class Y>
    static auto derivative(const Y& y) {
        return where(y > 0, constant<Y>(1), constant<Y>(0));
    }
};

GRADUS_ACTIVATION(relu)

}  // namespace gradus
