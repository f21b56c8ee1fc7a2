#pragma once
/// \file
/// The checks of every backward's arguments, with the same messages for all layers. The messages are built out of line.

#include <cstddef>
#include <span>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus {

/// The sizes of a tensor.
using shape_ref = std::span<const std::size_t>;

/// A loop, because for so few numbers the call of memcmp would cost more than the comparison.
[[nodiscard]] inline bool same_shape(shape_ref a, shape_ref b) {
    if (a.size() != b.size()) return false;
    for (std::size_t axis = 0; axis < a.size(); ++axis)
        if (a[axis] != b[axis]) return false;
    return true;
}

namespace detail {

GRADUS_ONCE [[noreturn]] void refuse_empty(std::string_view layer, std::string_view formula, shape_ref x);
GRADUS_ONCE [[noreturn]] void refuse_forward(std::string_view layer, shape_ref x, shape_ref y);
GRADUS_ONCE [[noreturn]] void refuse_dy(std::string_view layer, std::string_view formula, shape_ref y, shape_ref dy);
GRADUS_ONCE [[noreturn]] void refuse_gradient(std::string_view layer, std::string_view formula, std::string_view gradient,
                                              shape_ref parameter, shape_ref got);

}  // namespace detail

/// \throws shape_error unless the pass holds the result of the forward of this x: a y of the shape `expected`.
inline void require_same_forward(std::string_view layer, shape_ref x, shape_ref y, shape_ref expected) {
    if (!same_shape(y, expected)) detail::refuse_forward(layer, x, y);
}
/// \throws shape_error unless dy, which `formula` reads, has the shape of y.
inline void require_dy(std::string_view layer, std::string_view formula, shape_ref y, shape_ref dy) {
    if (!same_shape(y, dy)) detail::refuse_dy(layer, formula, y, dy);
}
/// \throws shape_error unless the gradient that `formula` writes, such as "dW", has the shape of its parameter.
inline void require_gradient(std::string_view layer, std::string_view formula, std::string_view gradient,
                             shape_ref parameter, shape_ref got) {
    if (!same_shape(parameter, got)) detail::refuse_gradient(layer, formula, gradient, parameter, got);
}

#if GRADUS_BODIES_OF(nn)

GRADUS_BODY [[noreturn]] void detail::refuse_empty(std::string_view layer, std::string_view formula, shape_ref x) {
    throw shape_error(layer, {formula, " got an empty batch, x is ", shape_text(x)});
}
GRADUS_BODY [[noreturn]] void detail::refuse_forward(std::string_view layer, shape_ref x, shape_ref y) {
    throw shape_error(layer, {"backward needs the forward of the same x before it: x is ", shape_text(x),
                              ", the pass holds y of ", shape_text(y)});
}
GRADUS_BODY [[noreturn]] void detail::refuse_dy(std::string_view layer, std::string_view formula, shape_ref y, shape_ref dy) {
    throw shape_error(layer, {formula, " needs dy shaped as y ", shape_text(y), ", got ", shape_text(dy)});
}
GRADUS_BODY [[noreturn]] void detail::refuse_gradient(std::string_view layer, std::string_view formula,
                                                      std::string_view gradient, shape_ref parameter, shape_ref got) {
    throw shape_error(layer, {formula, " needs ", gradient, " of ", shape_text(parameter), ", got ", shape_text(got),
                              ": make the gradients of this network, gr::gradients grad(net)"});
}

#endif

}  // namespace gradus
