#pragma once
#include <cmath>

#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Exponential linear unit, f(z) = z where z > 0, else α (eᶻ − 1).                                               [elu]
///   f'(z) = 1 where z > 0, else α eᶻ                                                                   [elu.backward]
/// Range (−α, ∞): means closer to 0 than with ReLU. Uses expm1, which is exact near 0. The backward reads z, so it is
/// also correct for α ≤ 0.
/// Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units"
/// (2016), (15) and (16).
struct elu : activation_layer<elu> {
    static constexpr std::string_view name = "elu";
    static constexpr std::string_view formula = "z where z > 0, else α (eᶻ − 1)";
    static constexpr reads backward_reads = reads::z;

    double alpha = 1;  ///< α: −α is the limit for z → −∞

    template <class Z>
    auto value(const Z& z) const {
        return where(z > 0, z, constant<Z>(alpha) * expm1(z));
    }
    template <class Z>
    auto derivative(const Z& z) const {
        return where(z > 0, constant<Z>(1), constant<Z>(alpha) * exp(z));
    }

    /// \throws shape_error
    void check() const { require_option(std::isfinite(alpha), name, "a finite alpha", alpha); }
};

/// Scaled exponential linear unit, f(z) = λz where z > 0, else λα (eᶻ − 1).                                     [selu]
///   f'(z) = λ where z > 0, else λα eᶻ = y + λα                                                        [selu.backward]
/// With these λ and α, mean 0 and variance 1 are preserved from layer to layer (with weights from `lecun_normal`).
/// Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks" (2017), (2).
struct selu : activation_layer<selu> {
    static constexpr std::string_view name = "selu";
    static constexpr std::string_view formula = "λz where z > 0, else λα (eᶻ − 1)";
    static constexpr reads backward_reads = reads::y;
    static constexpr double lambda = 1.0507009873554804934193349852946;
    static constexpr double alpha = 1.6732632423543772848170429916717;

    template <class Z>
    static auto value(const Z& z) {
        return where(z > 0, constant<Z>(lambda) * z, constant<Z>(lambda * alpha) * expm1(z));
    }
    template <class Y>
    static auto derivative(const Y& y) {
        return where(y > 0, constant<Y>(lambda), y + constant<Y>(lambda * alpha));
    }
};

GRADUS_ACTIVATION(elu)
GRADUS_ACTIVATION(selu)

}  // namespace gradus
