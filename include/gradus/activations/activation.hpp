#pragma once
/// \file
/// What an activation is: a formula f with its derivative, which reads either z or y = f(z).

#include <concepts>
#include <cstddef>
#include <string_view>

#include "gradus/core/tensor.hpp"
#include "gradus/kernels/elementwise.hpp"

namespace gradus {

/// What the derivative of an activation is computed from, and so all that a layer has to keep.
enum class reads {
    z,  ///< the input of f: GELU, SiLU
    y   ///< its output: sigmoid, tanh, ReLU
};

/// f acts on each element by itself. `F::value(z)` is f(z); `F::derivative(r)` is f'(z), where r is z or y as
/// `F::backward_reads` says. Both are generic statements: numbers, registers, expressions. Of a tensor they make a lazy
/// expression that refers to it: store the result while the tensor lives.
template <class F>
concept element_activation = requires(double r) {
    { F::name } -> std::convertible_to<std::string_view>;
    { F::backward_reads } -> std::convertible_to<reads>;
    { F::value(r) } -> std::convertible_to<double>;
    { F::derivative(r) } -> std::convertible_to<double>;
};

/// f acts on a whole row: softmax. y = `F::row(z)`, dz = `F::row_backward(y, dy)`, on pointers to n elements.
template <class F>
concept row_activation = requires(const float* in, float* out, std::size_t n) {
    { F::name } -> std::convertible_to<std::string_view>;
    F::row(in, out, n);
    F::row_backward(in, in, out, n);
};

template <class F>
concept activation = element_activation<F> || row_activation<F>;

/// y = f(z), element by element or row by row. `y` may be `z`.
template <activation F, class T, std::size_t N>
void activate(const F&, const tensor<T, N>& z, tensor<T, N>& y) {
    if constexpr (element_activation<F>)
        kernels::map(z.size(), [](const auto& v) { return F::value(v); }, y.data(), z.data());
    else
        for (std::size_t r = 0, k = features(z); r < rows(z); ++r) F::row(z.data() + r * k, y.data() + r * k, k);
}

/// dz = dy ∘ f'(kept), where `kept` is z or y, whichever the activation reads. A row function: dz = its Jacobianᵀ dy.
template <activation F, class T, std::size_t N>
void activate_backward(const F&, const tensor<T, N>& kept, const tensor<T, N>& dy, tensor<T, N>& dz) {
    if constexpr (element_activation<F>)
        kernels::map(dy.size(), [](const auto& r, const auto& d) { return d * F::derivative(r); }, dz.data(), kept.data(),
            dy.data());
    else
        for (std::size_t r = 0, k = features(dy); r < rows(dy); ++r)
            F::row_backward(kept.data() + r * k, dy.data() + r * k, dz.data() + r * k, k);
}

}  // namespace gradus
