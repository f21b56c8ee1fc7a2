#pragma once
#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Mean squared error over all elements:
///   J = Σ (ŷ − y)² / (N O)                                                                               [mse.forward]
///   ∂J/∂ŷ = 2 (ŷ − y) / (N O)                                                                           [mse.backward]
/// Source: documents/000, 4.1 (`tf.reduce_mean(tf.square(layer2 - y))`); PyTorch's and Keras's mean.
struct mse : element_loss<mse> {
    static constexpr std::string_view name = "mse";
    static constexpr std::string_view formula = "J = Σ (ŷ − y)² / (N O)";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = 2 (ŷ − y) / (N O)";
    reduce reduction = reduce::mean;

    static auto term(const auto& p, const auto& t) { return (p - t) * (p - t); }
    static auto derivative(const auto& p, const auto& t) { return 2 * (p - t); }
};

/// Half squared error, summed over outputs, mean over rows:
///   J = ½ Σ (ŷ − y)² / N                                                                            [half_mse.forward]
///   ∂J/∂ŷ = (ŷ − y) / N                                                                            [half_mse.backward]
/// The usual form in derivations of backpropagation: the 2 of the derivative cancels.
/// Source: documents/004, 3.3, for one output; Rumelhart, Hinton and Williams (1986), (3), there summed over the rows.
struct half_mse : element_loss<half_mse> {
    static constexpr std::string_view name = "half_mse";
    static constexpr std::string_view formula = "J = ½ Σ (ŷ − y)² / N";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = (ŷ − y) / N";
    static constexpr bool sums_outputs = true;
    reduce reduction = reduce::mean;

    static auto term(const auto& p, const auto& t) { return 0.5f * (p - t) * (p - t); }
    static auto derivative(const auto& p, const auto& t) { return p - t; }
};

GRADUS_ELEMENT_LOSS(mse)
GRADUS_ELEMENT_LOSS(half_mse)

}  // namespace gradus
