#pragma once
#include <cmath>
#include <numbers>

#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Logarithm of the hyperbolic cosine, mean over all elements, with d = ŷ − y:
///   J = Σ log cosh d / (N O),  log cosh d = |d| + log(1 + e^(−2|d|)) − log 2                        [log_cosh.forward]
///   ∂J/∂ŷ = tanh d / (N O)                                                                         [log_cosh.backward]
/// ½ d² near 0, |d| − log 2 far from it, smooth. In float cosh overflows from |d| = 89 on; the second form never does.
/// Source: Green (1990) as a potential in image reconstruction; Keras's LogCosh.
struct log_cosh : element_loss<log_cosh> {
    static constexpr std::string_view name = "log_cosh";
    static constexpr std::string_view formula = "J = Σ log cosh(ŷ − y) / (N O)";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = tanh(ŷ − y) / (N O)";
    reduce reduction = reduce::mean;

    template <class P>
    static auto term(const P& p, const auto& t) {
        return abs(p - t) + log1p(exp(-2 * abs(p - t))) - constant<P>(std::numbers::ln2);
    }
    static auto derivative(const auto& p, const auto& t) {
        using std::tanh;  // the function, not the activation
        return tanh(p - t);
    }
};

GRADUS_ELEMENT_LOSS(log_cosh)

}  // namespace gradus
