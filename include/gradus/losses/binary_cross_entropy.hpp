#pragma once
#include "gradus/activations/sigmoid.hpp"
#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Binary cross-entropy from logits, mean over all elements, with p = σ(z):
///   J = −Σ [w y log p + (1 − y) log(1 − p)] / n                                        [binary_cross_entropy.forward]
///     = Σ [max(z, 0) − z y + s + (w − 1) y (s + max(−z, 0))] / n,  s = log(1 + e^(−|z|))
///   ∂J/∂z = ((1 + (w − 1) y) σ(z) − w y) / n, for w = 1: (σ(z) − y) / n                [binary_cross_entropy.backward]
/// The second form has no logarithm of 0 and no exponential of a large number: finite for any finite z.
///   z (N, O) logits   y (N, O) targets in [0, 1]; or (N, T, O) both   w `positive_weight`, PyTorch's pos_weight
/// Source: documents/004, 4.1 (`loss='binary_crossentropy'`), there from the sigmoid's output; PyTorch's
/// BCEWithLogitsLoss.
/// \throws data_error for a target outside [0, 1] or a negative w.
struct binary_cross_entropy : element_loss<binary_cross_entropy> {
    static constexpr std::string_view name = "binary_cross_entropy";
    static constexpr std::string_view formula = "J = Σ [max(z, 0) − z y + log(1 + e^(−|z|))] / n";
    static constexpr std::string_view gradient_formula = "∂J/∂z = (σ(z) − y) / n";
    static constexpr std::string_view targets = "in [0, 1]";
    static constexpr double boundary = 0, target_boundary = 0.5;
    double positive_weight = 1;  ///< w of the targets 1, for classes of unequal size; the mean still divides by n
    reduce reduction = reduce::mean;

    template <class Z>
    auto term(const Z& z, const auto& y) const {
        return where(z > 0, z, 0) - z * y + log1p(exp(-abs(z))) +
               constant<Z>(positive_weight - 1) * y * (log1p(exp(-abs(z))) + where(z < 0, -z, 0));
    }
    template <class Z>
    auto derivative(const Z& z, const auto& y) const {
        return (1 + constant<Z>(positive_weight - 1) * y) * sigmoid::value(z) - constant<Z>(positive_weight) * y;
    }
    static bool takes_target(double y) { return y >= 0 && y <= 1; }
    void check_options() const {
        if (!(positive_weight >= 0 && std::isfinite(positive_weight)))
            throw data_error(message({name, ": positive_weight must be a finite number of at least 0, got ",
                                      number_text(positive_weight)}));
    }
};

/// Binary cross-entropy from probabilities, mean over all elements:
///   J = −Σ [y log p + (1 − y) log(1 − p)] / n, logarithms ≥ −100   [binary_cross_entropy_of_probabilities.forward]
///   ∂J/∂p = (p − y) / max(p (1 − p), 1e-12) / n                      [binary_cross_entropy_of_probabilities.backward]
/// Finite for p of exactly 0 and 1, but the logits are lost there: prefer `binary_cross_entropy`, without the sigmoid.
/// Source: documents/004, 4.1; PyTorch's BCELoss. Keras clamps p to [1e-7, 1 − 1e-7] instead; clamped values get no
/// gradient.
/// \throws data_error for a target or a p outside [0, 1], such as logits.
struct binary_cross_entropy_of_probabilities : element_loss<binary_cross_entropy_of_probabilities> {
    static constexpr std::string_view name = "binary_cross_entropy_of_probabilities";
    static constexpr std::string_view formula = "J = −Σ [y log p + (1 − y) log(1 − p)] / n";
    static constexpr std::string_view gradient_formula = "∂J/∂p = (p − y) / (p (1 − p)) / n";
    static constexpr std::string_view targets = "in [0, 1]", predictions = "a probability in [0, 1]";
    static constexpr double boundary = 0.5, target_boundary = 0.5;
    reduce reduction = reduce::mean;

    template <class P>
    static auto term(const P& p, const auto& y) {
        return -(y * where(log(p) < -100, constant<P>(-100), log(p)) +
                 (1 - y) * where(log1p(-p) < -100, constant<P>(-100), log1p(-p)));
    }
    template <class P>
    static auto derivative(const P& p, const auto& y) {
        return (p - y) / where(p * (1 - p) < constant<P>(1e-12), constant<P>(1e-12), p * (1 - p));
    }
    static bool takes_target(double y) { return y >= 0 && y <= 1; }
    static bool takes_prediction(double p) { return !(p < 0 || p > 1); }
};

GRADUS_ELEMENT_LOSS(binary_cross_entropy)
GRADUS_ELEMENT_LOSS(binary_cross_entropy_of_probabilities)

}  // namespace gradus
