#pragma once
/// \file
/// What an activation is: a formula f with its derivative, which reads either z or y = f(z).

#include <concepts>
#include <string_view>

#include "gradus/core/xtensor.hpp"

namespace gradus {

/// What the derivative of an activation is computed from, and so all that a layer has to keep.
enum class reads {
    z,  ///< the input of f: GELU, SiLU
    y   ///< its output: sigmoid, tanh, ReLU
};

/// f acts on each element by itself. `F::value(z)` is f(z); `F::derivative(r)` is f'(z), where r is z or y as
/// `F::backward_reads` says. Both are generic statements: numbers, registers, expressions.
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

}  // namespace gradus
