#pragma once
#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Hinge loss of a margin classifier, mean over all elements, with s = y, or −1 where y is 0:
///   J = Σ max(0, 1 − s ŷ) / (N O)                                                                      [hinge.forward]
///   ∂J/∂ŷ = −s / (N O) where s ŷ < 1, else 0                                                          [hinge.backward]
/// y is −1 or 1; 0 means −1, as in Keras, which also accepts targets 0 and 1. ŷ is a score whose sign is the class.
/// Source: Cortes and Vapnik, "Support-vector networks" (1995); Keras's Hinge.
/// \throws data_error for a target other than −1, 0 and 1.
struct hinge : element_loss<hinge> {
    static constexpr std::string_view name = "hinge";
    static constexpr std::string_view formula = "J = Σ max(0, 1 − y ŷ) / (N O)";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = −y / (N O) where y ŷ < 1, else 0";
    static constexpr std::string_view targets = "-1 or 1 (0 counts as -1)";
    static constexpr double boundary = 0, target_boundary = 0.5;
    reduce reduction = reduce::mean;

    template <class Y>
    static auto side(const Y& y) {
        return where(y > 0, constant<Y>(1), constant<Y>(-1));
    }
    // With the comparisons in this direction a NaN in ŷ is not replaced by 0.
    static auto term(const auto& p, const auto& y) {
        return where(side(y) * p >= 1, 0, 1 - side(y) * p);
    }
    static auto derivative(const auto& p, const auto& y) {
        return where(side(y) * p >= 1, 0, where(side(y) * p < 1, -side(y), side(y) * p));
    }
    static bool takes_target(double y) { return y == -1 || y == 0 || y == 1; }
};

/// The square of the hinge, mean over all elements:
///   J = Σ max(0, 1 − s ŷ)² / (N O)                                                             [squared_hinge.forward]
///   ∂J/∂ŷ = −2 s max(0, 1 − s ŷ) / (N O)                                                      [squared_hinge.backward]
/// Smooth at the margin. Targets as in hinge.
/// Source: Keras's SquaredHinge.
/// \throws data_error for a target other than −1, 0 and 1.
struct squared_hinge : element_loss<squared_hinge> {
    static constexpr std::string_view name = "squared_hinge";
    static constexpr std::string_view formula = "J = Σ max(0, 1 − y ŷ)² / (N O)";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = −2 y max(0, 1 − y ŷ) / (N O)";
    static constexpr std::string_view targets = hinge::targets;
    static constexpr double boundary = hinge::boundary, target_boundary = hinge::target_boundary;
    reduce reduction = reduce::mean;

    static auto term(const auto& p, const auto& y) { return hinge::term(p, y) * hinge::term(p, y); }
    static auto derivative(const auto& p, const auto& y) { return -2 * hinge::side(y) * hinge::term(p, y); }
    static bool takes_target(double y) { return hinge::takes_target(y); }
};

GRADUS_ELEMENT_LOSS(hinge)
GRADUS_ELEMENT_LOSS(squared_hinge)

}  // namespace gradus
