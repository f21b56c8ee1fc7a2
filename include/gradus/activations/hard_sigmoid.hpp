#pragma once
#include <cmath>

#include "gradus/activations/activation.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Piecewise linear sigmoid, f(z) = min(max(z + c, 0), 2c) / 2c.                                        [hard_sigmoid]
///   f'(z) = 1/2c where 0 < y < 1, else 0 (0 at both kinks, as PyTorch)                        [hard_sigmoid.backward]
/// Range [0, 1], reached at z = −c and z = c. c = 3 is PyTorch's, relu6(z + 3) / 6; Keras 2's 0.2z + ½ is
/// `gr::hard_sigmoid{.reach = 2.5}`.
/// Source: Courbariaux, Bengio and David, "BinaryConnect" (2015), 2.2, with c = 1; Howard et al., "Searching for
/// MobileNetV3" (2019), 5.2, with c = 3.
struct hard_sigmoid : activation_layer<hard_sigmoid> {
    static constexpr std::string_view name = "hard_sigmoid";
    static constexpr std::string_view formula = "min(max(z + c, 0), 2c) / 2c";
    static constexpr reads backward_reads = reads::y;

    double reach = 3;  ///< c > 0: the z where y becomes 1

    template <class Z>
    auto value(const Z& z) const {
        return where(z < constant<Z>(-reach), constant<Z>(0),
                     where(z > constant<Z>(reach), constant<Z>(1), (z + constant<Z>(reach)) / constant<Z>(2 * reach)));
    }
    template <class Y>
    auto derivative(const Y& y) const {
        return where(y * (1 - y) > 0, constant<Y>(1 / (2 * reach)), constant<Y>(0));
    }

    /// \throws shape_error
    void check() const { require_option(reach > 0 && std::isfinite(reach), name, "a finite reach above 0", reach); }
};

GRADUS_ACTIVATION(hard_sigmoid)

}  // namespace gradus
