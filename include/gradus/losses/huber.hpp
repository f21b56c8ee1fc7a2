#pragma once
#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Huber's loss, mean over all elements, with d = ŷ − y:
///   J = Σ l / (N O),  l = ½ d² where |d| ≤ δ, else δ (|d| − ½ δ)                                       [huber.forward]
///   ∂J/∂ŷ = d / (N O) where |d| ≤ δ, else δ sign(d) / (N O)                                           [huber.backward]
/// Quadratic near the target, linear far from it, with equal slopes at |d| = δ. PyTorch's smooth_l1 is this over δ.
/// Source: Huber, "Robust estimation of a location parameter" (1964); PyTorch's HuberLoss, Keras's Huber.
/// \throws data_error unless δ > 0.
struct huber : element_loss<huber> {
    static constexpr std::string_view name = "huber";
    static constexpr std::string_view formula = "J = Σ l / (N O),  l = ½ (ŷ − y)² where |ŷ − y| ≤ δ, else δ (|ŷ − y| − ½ δ)";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = (ŷ − y) / (N O) where |ŷ − y| ≤ δ, else ±δ / (N O)";
    double delta = 1;  ///< δ: the error beyond which the loss is linear
    reduce reduction = reduce::mean;

    template <class P>
    auto term(const P& p, const auto& t) const {
        return where(abs(p - t) <= constant<P>(delta), constant<P>(0.5) * (p - t) * (p - t),
                     constant<P>(delta) * (abs(p - t) - constant<P>(delta / 2)));
    }
    template <class P>
    auto derivative(const P& p, const auto& t) const {
        return where(abs(p - t) <= constant<P>(delta), p - t, where(p > t, constant<P>(delta), constant<P>(-delta)));
    }
    void check_options() const {
        if (!(delta > 0)) throw data_error(message({name, ": delta must be above 0, got ", number_text(delta)}));
    }
};

GRADUS_ELEMENT_LOSS(huber)

}  // namespace gradus
