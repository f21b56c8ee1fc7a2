#pragma once
#include <cmath>

#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Leaky rectified linear unit, f(z) = z where z > 0, else αz.                                            [leaky_relu]
///   f'(z) = 1 where z > 0, else α (also at the kink, as PyTorch)                                [leaky_relu.backward]
/// Inactive units (z ≤ 0) still get a gradient. The backward reads z: for α < 0, y does not determine the sign of z.
/// α = 0.01 as in the paper and in PyTorch; Keras 2 has 0.3: `gr::leaky_relu{.slope = 0.3}`.
/// Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models" (2013).
struct leaky_relu : activation_layer<leaky_relu> {
    static constexpr std::string_view name = "leaky_relu";
    static constexpr std::string_view formula = "z where z > 0, else αz";
    static constexpr reads backward_reads = reads::z;

    double slope = 0.01;  ///< α

    template <class Z>
    auto value(const Z& z) const {
        return where(z > 0, z, constant<Z>(slope) * z);
    }
    template <class Z>
    auto derivative(const Z& z) const {
        return where(z > 0, constant<Z>(1), constant<Z>(slope));
    }

    /// \throws shape_error
    void check() const { require_option(std::isfinite(slope), name, "a finite slope", slope); }
};

GRADUS_ACTIVATION(leaky_relu)

}  // namespace gradus
