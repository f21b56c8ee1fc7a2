#pragma once
#include "gradus/activations/sigmoid.hpp"
#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Binary cross-entropy from logits, mean over all elements, with p = σ(z):             [binary_cross_entropy.forward]
///   J = −Σ [y log p + (1 − y) log(1 − p)] / n = Σ [max(z, 0) − z y + log(1 + e^(−|z|))] / n
///   ∂J/∂z = (σ(z) − y) / n                                                             [binary_cross_entropy.backward]
/// The second form has no logarithm of 0 and no exponential of a large number: finite for any finite z.
///   z (N, O) logits   y (N, O) targets in [0, 1]; or (N, T, O) both
/// Source: documents/004 (`loss='binary_crossentropy'`), there from the sigmoid's output.
struct binary_cross_entropy : element_loss<binary_cross_entropy> {
    static constexpr std::string_view name = "binary_cross_entropy";
    static constexpr std::string_view formula = "J = Σ [max(z, 0) − z y + log(1 + e^(−|z|))] / n";
    static constexpr std::string_view gradient_formula = "∂J/∂z = (σ(z) − y) / n";
    static constexpr std::string_view targets = "in [0, 1]";
    static constexpr double boundary = 0, target_boundary = 0.5;
    reduce reduction = reduce::mean;

    static auto term(const auto& z, const auto& y) { return where(z > 0, z, 0) - z * y + log1p(exp(-abs(z))); }
    static auto derivative(const auto& z, const auto& y) { return sigmoid::value(z) - y; }
    static bool takes_target(double y) { return y >= 0 && y <= 1; }
};

}  // namespace gradus
