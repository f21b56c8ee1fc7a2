#pragma once
/// \file
/// Gradients that are too large, cut down before the step.

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "gradus/base/compiled.hpp"
#include "gradus/nn/gradients.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/optimizers/hyper_parameter.hpp"
#include "gradus/optimizers/sum_of_squares.hpp"

namespace gradus {

/// How much of a gradient of this norm is left where `limit` is the most: as PyTorch's `clip_grad_norm_`.
///   min(1, limit / (‖g‖ + 1e-6))                              [clip.factor]
/// Where the norm is infinite or no number, it is 0 or none: who wants to skip such a step asks `std::isfinite`.
[[nodiscard]] inline double clip_factor(double norm, double limit) { return std::min(limit / (norm + 1e-6), 1.0); }

/// ‖g‖ over all tensors that learn, as one vector.                                                        [clip.norm_of]
GRADUS_ONCE [[nodiscard]] double global_norm(const parameter_list& grad);
template <class Net>
[[nodiscard]] double global_norm(const gradients<Net>& grad) {
    return global_norm(parameter_list(grad.values));
}

/// g ← min(1, limit / (‖g‖ + 1e-6)) g, ‖g‖ over all tensors as one vector.                                   [clip.norm]
/// \returns ‖g‖ as it was.
/// \throws data_error where the limit is negative or no number.
/// Complexity: one pass that reads, and one that writes where there is something to clip; no allocation.
/// Source: Pascanu, Mikolov and Bengio (2013), algorithm 1; the 1e-6 is PyTorch's.
template <class Net>
double clip_norm(gradients<Net>& grad, double limit) {
    require("clip_norm", {{"limit", limit}});
    const double norm = global_norm(grad), factor = clip_factor(norm, limit);
    if (factor != 1) grad *= factor;
    return norm;
}

/// Each of n numbers to [−limit, limit]. What is no number stays none.
template <class T>
void clip_values(T* g, std::size_t n, double limit) {
    const auto most = static_cast<T>(limit);
    for (std::size_t i = 0; i < n; ++i) g[i] = g[i] > most ? most : g[i] < -most ? -most : g[i];
}

/// g ← min(max(g, −limit), limit), each number by itself: it may turn the gradient.                         [clip.value]
/// As PyTorch's `clip_grad_value_`.
/// \throws data_error where the limit is negative or no number.
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
