#pragma once

#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus {

/// A hyperparameter and its valid range [0, below).
struct hyper_parameter {
    std::string_view field;
    double value;
    double below = std::numeric_limits<double>::infinity();
};

/// \throws data_error "adam: beta1 must be in [0, 1), is 1.5" for a value outside its range, infinite or NaN.
GRADUS_ONCE void require(std::string_view optimizer, std::initializer_list<hyper_parameter> all);

#if GRADUS_BODIES_OF(optimizers)

GRADUS_BODY void require(std::string_view optimizer, std::initializer_list<hyper_parameter> all) {
    for (const auto& [field, value, below] : all) {
        if (value >= 0 && value < below) continue;
        const std::string end = below <= std::numeric_limits<double>::max() ? number_text(below) : "∞";
        throw data_error(message({optimizer, ": ", field, " must be in [0, ", end, "), is ", number_text(value)}));
    }
}

#endif

}  // namespace gradus
