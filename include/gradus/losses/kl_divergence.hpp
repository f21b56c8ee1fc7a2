#pragma once
#include "gradus/losses/element_loss.hpp"

namespace gradus {

/// Kullback-Leibler divergence from log-probabilities, summed over the classes, mean over rows:
///   J = Σₙ Σⱼ y (log y − ŷ) / N,  where ŷ = log p;  0 log 0 = 0                                [kl_divergence.forward]
///   ∂J/∂ŷ = −y / N                                                                            [kl_divergence.backward]
///   ŷ (N, V) log-probabilities, such as log_softmax's output   y (N, V) probabilities; or (N, T, V) both
/// Source: Kullback and Leibler, "On information and sufficiency" (1951); PyTorch's KLDivLoss with "batchmean".
/// \throws data_error for a target outside [0, 1] or a ŷ above 0, such as a probability instead of its logarithm.
struct kl_divergence : element_loss<kl_divergence> {
    static constexpr std::string_view name = "kl_divergence";
    static constexpr std::string_view formula = "J = Σ y (log y − ŷ) / N,  ŷ = log p";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = −y / N";
    static constexpr std::string_view targets = "in [0, 1]", predictions = "a log-probability: at most 0";
    static constexpr bool sums_outputs = true;
    reduce reduction = reduce::mean;

    static auto term(const auto& p, const auto& y) { return where(y > 0, y * (log(y) - p), 0); }
    static auto derivative(const auto&, const auto& y) { return -y; }
    static bool takes_target(double y) { return y >= 0 && y <= 1; }
    static bool takes_prediction(double p) { return !(p > 1e-5); }  // allows rounding errors of log 1, and NaN
};

/// Kullback-Leibler divergence from probabilities, as in Keras, with y and ŷ clamped to [ε, 1], ε = 1e-7:
///   J = Σₙ Σⱼ y log(y / ŷ) / N                                                [kl_divergence_of_probabilities.forward]
///   ∂J/∂ŷ = −y / (N ŷ), and 0 where ŷ is clamped                             [kl_divergence_of_probabilities.backward]
/// Source: Keras's KLDivergence.
/// \throws data_error for a target outside [0, 1] or a negative ŷ.
struct kl_divergence_of_probabilities : element_loss<kl_divergence_of_probabilities> {
    static constexpr std::string_view name = "kl_divergence_of_probabilities";
    static constexpr std::string_view formula = "J = Σ y log(y / ŷ) / N,  y and ŷ in [1e-7, 1]";
    static constexpr std::string_view gradient_formula = "∂J/∂ŷ = −y / (N ŷ), 0 where ŷ < 1e-7";
    static constexpr std::string_view targets = "in [0, 1]", predictions = "a probability: at least 0";
    static constexpr bool sums_outputs = true;
    reduce reduction = reduce::mean;

    template <class P>
    static auto kept(const P& p) {
        return where(p < constant<P>(1e-7), constant<P>(1e-7), where(p > 1, constant<P>(1), p));
    }
    static auto term(const auto& p, const auto& y) { return kept(y) * (log(kept(y)) - log(kept(p))); }
    template <class P>
    static auto derivative(const P& p, const auto& y) {
        return where(p < constant<P>(1e-7), constant<P>(0), where(p > 1, constant<P>(0), -kept(y) / p));
    }
    static bool takes_target(double y) { return y >= 0 && y <= 1; }
    static bool takes_prediction(double p) { return !(p < 0); }
};

GRADUS_ELEMENT_LOSS(kl_divergence)
GRADUS_ELEMENT_LOSS(kl_divergence_of_probabilities)

}  // namespace gradus
