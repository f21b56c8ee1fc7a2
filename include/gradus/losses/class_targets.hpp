#pragma once
/// \file
/// Shared by the classification losses: the target q of a row, with label smoothing and class weights.

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus::losses {

/// w_c, or 1 if no weights are given.
template <class Loss>
[[nodiscard]] double class_weight(const Loss& loss, std::size_t c) {
    return loss.class_weights.empty() ? 1 : loss.class_weights[c];
}

/// q_c = w_c ((1 − ε) t_c + ε / V), with t the one-hot row of a label, or the row of targets.
/// Source: Szegedy et al., "Rethinking the Inception architecture" (2016), 7; weights and smoothing in PyTorch's order.
template <class Loss>
[[nodiscard]] auto class_target(const Loss& loss, std::size_t label, std::size_t k) {
    return [&loss, label, share = loss.label_smoothing / static_cast<double>(k)](std::size_t c) {
        return class_weight(loss, c) * ((c == label ? 1 - loss.label_smoothing : 0) + share);
    };
}
template <class Loss, class T>
[[nodiscard]] auto class_target(const Loss& loss, const T* t, std::size_t k) {
    return [&loss, t, share = loss.label_smoothing / static_cast<double>(k)](std::size_t c) {
        return class_weight(loss, c) * ((1 - loss.label_smoothing) * static_cast<double>(t[c]) + share);
    };
}

/// \throws shape_error unless there are k class weights, or none; data_error for an invalid weight or smoothing.
GRADUS_ONCE void check_classes(std::string_view name, const std::vector<double>& class_weights, double label_smoothing,
                               std::size_t k);

#if GRADUS_BODIES_OF(losses)

GRADUS_BODY void check_classes(std::string_view name, const std::vector<double>& class_weights, double label_smoothing,
                               std::size_t k) {
    if (!class_weights.empty() && class_weights.size() != k)
        throw shape_error(name, {"got ", class_weights.size(), " class weights for ", k, " classes"});
    for (std::size_t c = 0; c < class_weights.size(); ++c)
        if (!(class_weights[c] >= 0 && std::isfinite(class_weights[c])))
            throw data_error(message({name, ": weight ", number_text(class_weights[c]), " of class ", c,
                                      " is not a finite number of at least 0"}));
    if (!(label_smoothing >= 0 && label_smoothing < 1))
        throw data_error(message({name, ": label_smoothing must be in [0, 1), got ", number_text(label_smoothing)}));
}

#endif

}  // namespace gradus::losses
