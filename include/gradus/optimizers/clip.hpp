#pragma once
/// \file
/// Gradient clipping: limits large gradients before the step.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "gradus/base/compiled.hpp"
#include "gradus/nn/gradients.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/optimizers/hyper_parameter.hpp"
#include "gradus/optimizers/sum_of_squares.hpp"

namespace gradus {

/// The factor that reduces a gradient of this norm to at most `limit`, as in PyTorch's `clip_grad_norm_`.
///   min(1, limit / (‖g‖ + 1e-6))                              [clip.factor]
/// For an infinite norm it is 0, for NaN it is NaN; to skip such steps, check the norm with `std::isfinite`.
[[nodiscard]] inline double clip_factor(double norm, double limit) { return std::min(limit / (norm + 1e-6), 1.0); }

/// ‖g‖ of all trainable tensors as one vector.                                                           [clip.norm_of]
GRADUS_ONCE [[nodiscard]] double global_norm(const parameter_list& grad);
template <class Net>
[[nodiscard]] double global_norm(const gradients<Net>& grad) {
    return global_norm(parameter_list(grad.values));
}

/// g ← min(1, limit / (‖g‖ + 1e-6)) g, ‖g‖ of all trainable tensors as one vector.                          [clip.norm]
/// \returns ‖g‖ before clipping.
/// \throws data_error if the limit is negative, infinite or NaN.
/// Complexity: one reading pass, and a writing pass only if the norm exceeds the limit; no allocation.
/// Source: Pascanu, Mikolov and Bengio (2013), algorithm 1; the 1e-6 is PyTorch's.
template <class Net>
double clip_norm(gradients<Net>& grad, double limit) {
    require("clip_norm", {{"limit", limit}});
    const double norm = global_norm(grad), factor = clip_factor(norm, limit);
    if (factor != 1) grad *= factor;
    return norm;
}

/// Clamps n numbers to [−limit, limit]. NaN stays NaN.
template <class T>
void clip_values(T* g, std::size_t n, double limit) {
    const auto most = static_cast<T>(limit);
    for (std::size_t i = 0; i < n; ++i) g[i] = g[i] > most ? most : g[i] < -most ? -most : g[i];
}

/// g ← min(max(g, −limit), limit), elementwise: may change the gradient's direction.                       [clip.value]
/// As PyTorch's `clip_grad_value_`.
/// \throws data_error if the limit is negative, infinite or NaN.
template <class Net>
void clip_value(gradients<Net>& grad, double limit) {
    require("clip_value", {{"limit", limit}});
    parameter_list list(grad.values);
    for (parameter_ref& g : list)
        with_scalar(g.values.type(), [&]<class T>(T) { clip_values(g.values.as<T>().data(), g.values.size(), limit); });
}

#if GRADUS_BODIES_OF(optimizers)

GRADUS_BODY double global_norm(const parameter_list& grad) {
    double sum = 0;
    for (const parameter_ref& g : grad)
        if (g.place->trainable)
            with_scalar(g.values.type(), [&]<class T>(T) { sum += sum_of_squares(g.values.as<T>().data(), g.values.size()); });
    return std::sqrt(sum);
}

#endif

}  // namespace gradus
