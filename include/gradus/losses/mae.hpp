#pragma once
#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Mean absolute error over all elements:
///   J = Σ |ŷ − y| / (N O)                                                                                [mae.forward]
///   ∂J/∂ŷ = sign(ŷ − y) / (N O), 0 where ŷ = y, as PyTorch and Keras                                    [mae.backward]
/// The best constant prediction is the median: the gradient of an outlier is no larger than that of any other element.
/// Source: Laplace (1774); PyTorch's L1Loss, Keras's MeanAbsoluteError.
struct mae : element_loss<mae> {
    static constexpr std::string_view name = "mae";
    static constexpr std::string_view formula = "J = Σ |ŷ − y| / (N O)";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = sign(ŷ − y) / (N O)";
    reduce reduction = reduce::mean;

    static auto term(const auto& p, const auto& t) { return abs(p - t); }
    template <class P>
    static auto derivative(const P& p, const auto& t) {
        return where(p > t, constant<P>(1), where(p < t, constant<P>(-1), constant<P>(0)));
    }
};

GRADUS_ELEMENT_LOSS(mae)

}  // namespace gradus
