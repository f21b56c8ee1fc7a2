#pragma once
/// \file
/// Activations as the book writes them: the formula's statement over a whole tensor, lazily evaluated by xtensor.

#include "gradus/activations/softmax.hpp"
#include "gradus/core/tensor.hpp"
#include "gradus/reference/rows.hpp"

namespace gradus::reference {

/// y = f(z). The twin of activate.                              [identity] [sigmoid] [tanh] [relu] [gelu]
template <activation F, class T, std::size_t N>
[[nodiscard]] tensor<T, N> activate(const F&, const tensor<T, N>& z) {
    if constexpr (element_activation<F>)
        return F::value(z);
    else
        return softmax(z);
}

/// dz = dy ∘ f'(z), from z or y, whichever f' reads. The twin of activate_backward.
///                              [identity.backward] [sigmoid.backward] [tanh.backward] [relu.backward] [gelu.backward]
template <activation F, class T, std::size_t N>
[[nodiscard]] tensor<T, N> activate_backward(const F&, const tensor<T, N>& kept, const tensor<T, N>& dy) {
    if constexpr (element_activation<F>)
        return dy * F::derivative(kept);
    else
        return softmax_backward(kept, dy);
}

}  // namespace gradus::reference
