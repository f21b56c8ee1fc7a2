#pragma once
/// \file
/// Activations: a formula f with its derivative, which is computed from z or from y = f(z); and their use as layers.

#include <concepts>
#include <cstddef>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// The operand of an activation's derivative, the only value that a layer has to store for backward.
enum class reads {
    z,  ///< the input of f: GELU, SiLU
    y   ///< its output: sigmoid, tanh, ReLU
};

/// f acts elementwise. `f.value(z)` is f(z); `f.derivative(r)` is f'(z), where r is z or y according to
/// `F::backward_reads`. Both are generic statements for numbers, registers and expressions; static if f has no options.
/// For a tensor they return a lazy expression that refers to it: store the result while the tensor lives.
template <class F>
concept element_activation = requires(const F& f, double r) {
    { F::name } -> std::convertible_to<std::string_view>;
    { F::backward_reads } -> std::convertible_to<reads>;
    { f.value(r) } -> std::convertible_to<double>;
    { f.derivative(r) } -> std::convertible_to<double>;
};

/// f acts on whole rows, like softmax. y = `F::row(z)`, dz = `F::row_backward(y, dy)`, on pointers to n elements.
template <class F>
concept row_activation = requires(const float* in, float* out, std::size_t n) {
    { F::name } -> std::convertible_to<std::string_view>;
    F::row(in, out, n);
    F::row_backward(in, in, out, n);
};

/// f has its own parameters θ and is a layer with them, like PReLU. A layer that f is fused into stores θ for it.
template <class F>
concept learnt_activation = requires(const F& f, const typename F::parameters& theta, typename F::parameters& grad,
                                     const tensor<typename F::scalar, 2>& in, tensor<typename F::scalar, 2>& out) {
    { F::name } -> std::convertible_to<std::string_view>;
    f.activate(theta, in, out);
    f.activate_backward(theta, in, in, out, grad);  // from z and dy: dz, and ∂J/∂θ
};

template <class F>
concept activation = element_activation<F> || row_activation<F> || learnt_activation<F>;

/// Checks the options of an activation that has some, by `f.check()`: once per call, not for each element.
/// \throws shape_error for invalid options
template <activation F>
void check_options(const F& f) {
    if constexpr (requires { f.check(); }) f.check();
}
/// For `check()` of an activation: "leaky_relu: f(z) needs a finite slope, got nan".
[[gnu::noinline]] inline void require_option(bool fits, std::string_view name, std::string_view needs, double value) {
    if (!fits) throw shape_error(name, {"f(z) needs ", needs, ", got ", value});  // its containers add the path
}

/// y = f(z), elementwise or row by row, for `rows` rows of k elements. `y` may be `z`.
template <activation F, class T>
void activate(const F& f, const T* z, T* y, std::size_t rows, std::size_t k) {
    if constexpr (element_activation<F>)
        kernels::map(rows * k, [f](const auto& v) { return f.value(v); }, y, z);
    else
        for (std::size_t r = 0; r < rows; ++r) F::row(z + r * k, y + r * k, k);
}
template <activation F, class T, std::size_t N>
void activate(const F& f, const tensor<T, N>& z, tensor<T, N>& y) {
    activate(f, z.data(), y.data(), rows(z), features(z));
}

/// dz = dy ∘ f'(kept), where `kept` is z or y, whichever the activation reads. For a row function dz = Jacobianᵀ dy.
template <activation F, class T>
void activate_backward(const F& f, const T* kept, const T* dy, T* dz, std::size_t rows, std::size_t k) {
    if constexpr (element_activation<F>)
        kernels::map(rows * k, [f](const auto& r, const auto& d) { return d * f.derivative(r); }, dz, kept, dy);
    else
        for (std::size_t r = 0; r < rows; ++r) F::row_backward(kept + r * k, dy + r * k, dz + r * k, k);
}
template <activation F, class T, std::size_t N>
void activate_backward(const F& f, const tensor<T, N>& kept, const tensor<T, N>& dy, tensor<T, N>& dz) {
    activate_backward(f, kept.data(), dy.data(), dz.data(), rows(dy), features(dy));
}

/// The cache of an activation as a layer: without z, because backward gets the input again.
template <class X>
struct activation_cache {
    X y, dx;
};

/// Forward and backward of activations as layers, for inputs of any rank.
namespace activating {

template <class X>
void check(std::string_view name, const X& x) {
    require_input<typename X::value_type, X>();
    if (x.size() == 0) detail::refuse_empty(name, "y = f(x)", x.shape());
}
template <class X>
void check_backward(std::string_view name, const X& x, const X& dy, const X& y) {
    check(name, x);
    require_same_forward(name, x.shape(), y.shape(), x.shape());
    require_dy(name, "dx = dy ∘ f'(x)", y.shape(), dy.shape());
}

template <activation F, class X>
const X& forward(const F& f, const X& x, activation_cache<X>& c) {
    check_options(f);
    check(F::name, x);
    reshape(c.y, x.shape());
    activate(f, x, c.y);                                                               // y = f(x)
    return c.y;
}
template <activation F, class X>
const X& backward(const F& f, const X& x, const X& dy, activation_cache<X>& c, const context& ctx) {
    check_backward(F::name, x, dy, c.y);
    if (!ctx.input_gradient) return c.dx;
    reshape(c.dx, x.shape());
    activate_backward(f, F::backward_reads == reads::z ? x : c.y, dy, c.dx);           // dx = dy ∘ f'(x)
    return c.dx;
}

}  // namespace activating

/// Base class that makes an activation a layer: `struct relu : activation_layer<relu>`.
/// \throws shape_error for an empty batch, or a dy whose shape is not that of y.
template <class F>
struct activation_layer {
    using parameters = no_parameters;
    template <class X>
    using cache = activation_cache<X>;

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        return activating::forward(static_cast<const F&>(*this), x, c);
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters&, const context& ctx = {}) const {
        return activating::backward(static_cast<const F&>(*this), x, dy, c, ctx);
    }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const { return in; }
};

/// Instantiations for the compiled unit: F on arrays, and as a layer on rows, sequences and images. Used by each
/// activation of this folder that has no parameters.
#ifdef GRADUS_COMPILED
#define GRADUS_ACTIVATION(F)                                                                                          \
    GRADUS_ACTIVATION_OF(F, float)                                                                                    \
    GRADUS_ACTIVATION_OF(F, double)
#define GRADUS_ACTIVATION_OF(F, T)                                                                                    \
    GRADUS_EXTERN(activations) template void activate(const F&, const T*, T*, std::size_t, std::size_t);              \
    GRADUS_EXTERN(activations) template void activate_backward(const F&, const T*, const T*, T*, std::size_t,         \
                                                               std::size_t);                                          \
    GRADUS_ACTIVATION_ON(F, T, 2)                                                                                     \
    GRADUS_ACTIVATION_ON(F, T, 3)                                                                                     \
    GRADUS_ACTIVATION_ON(F, T, 4)
#define GRADUS_ACTIVATION_ON(F, T, N)                                                                                 \
    GRADUS_EXTERN(activations) template const tensor<T, N>& activating::forward(const F&, const tensor<T, N>&,        \
                                                                                activation_cache<tensor<T, N>>&);     \
    GRADUS_EXTERN(activations) template const tensor<T, N>& activating::backward(                                     \
        const F&, const tensor<T, N>&, const tensor<T, N>&, activation_cache<tensor<T, N>>&, const context&);
#else
#define GRADUS_ACTIVATION(F)
#endif

}  // namespace gradus
