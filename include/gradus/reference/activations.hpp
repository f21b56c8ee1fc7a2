#pragma once
/// \file
/// Activations in textbook form: the formula's statement over a whole tensor, lazily evaluated by xtensor.

#include "gradus/activations/prelu.hpp"
#include "gradus/activations/softmax.hpp"
#include "gradus/reference/rows.hpp"
#include "gradus/reference/xtensor.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// y_i = z_i − log Σ_j e^(z_j). Reference for log_softmax::row.                                   [log_softmax.forward]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> log_softmax(const tensor<T, N>& z) {
    const tensor<T, N> m = xt::amax(z, {N - 1}, xt::keep_dims);
    const tensor<T, N> e = xt::exp(z - m);
    const tensor<T, N> sum = xt::sum(e, {N - 1}, xt::keep_dims);
    return (z - m) - xt::log(sum);
}

/// dz_i = dy_i − e^(y_i) Σ_j dy_j. Reference for log_softmax::row_backward.                      [log_softmax.backward]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> log_softmax_backward(const tensor<T, N>& y, const tensor<T, N>& dy) {
    const tensor<T, N> sum = xt::sum(dy, {N - 1}, xt::keep_dims);
    return dy - xt::exp(y) * sum;
}

/// y = f(z). Reference for activate.
///              [identity] [sigmoid] [tanh] [relu] [leaky_relu] [elu] [selu] [gelu] [gelu_tanh] [silu] [softplus]
///              [softsign] [hard_sigmoid]
template <activation F, class T, std::size_t N>
[[nodiscard]] tensor<T, N> activate(const F& f, const tensor<T, N>& z) {
    if constexpr (element_activation<F>)
        return f.value(z);
    else if constexpr (std::is_same_v<F, gradus::softmax>)
        return softmax(z);
    else
        return log_softmax(z);
}

/// dz = dy ∘ f'(z), from z or y, whichever f' needs. Reference for activate_backward.
///              [identity.backward] [sigmoid.backward] [tanh.backward] [relu.backward] [leaky_relu.backward]
///              [elu.backward] [selu.backward] [gelu.backward] [gelu_tanh.backward] [silu.backward] [softplus.backward]
///              [softsign.backward] [hard_sigmoid.backward]
template <activation F, class T, std::size_t N>
[[nodiscard]] tensor<T, N> activate_backward(const F& f, const tensor<T, N>& kept, const tensor<T, N>& dy) {
    if constexpr (element_activation<F>)
        return dy * f.derivative(kept);
    else if constexpr (std::is_same_v<F, gradus::softmax>)
        return softmax_backward(kept, dy);
    else
        return log_softmax_backward(kept, dy);
}

/// y = z where z > 0, else a z, with a (D) or (1) broadcast over the rows. Reference for prelu::activate.       [prelu]
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> prelu(const tensor<T, N>& z, const tensor<T, 1>& a) {
    return gradus::prelu<T>::value(z, a);
}

/// dz = dy ∘ f'(z), da = Σ dy ∂y/∂a. Reference for prelu::activate_backward.              [prelu.backward] [prelu.da]
template <class T>
struct prelu_backward {
    tensor<T, 2> dz;
    tensor<T, 1> da;

    prelu_backward(const tensor<T, 2>& z, const tensor<T, 1>& a, const tensor<T, 2>& dy)
        : dz(dy * gradus::prelu<T>::derivative(z, a)), da(xt::sum(dy * gradus::prelu<T>::derivative_a(z), {0})) {
        if (a.size() == 1) da = tensor<T, 1>{xt::sum(da)()};
    }
};

}  // namespace gradus::reference
