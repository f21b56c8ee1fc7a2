#pragma once
/// \file
/// What a layer is, and how the machinery calls one.
///
/// A layer is a plain struct, no base class:
/// ```cpp
/// struct parameters;                                             // θ: a struct of tensors, or gr::no_parameters
/// template <class X> struct cache;                               // what forward leaves for backward; y is the output
/// const Y& forward(const X& x, cache<X>&) const;                 // y = f(x; θ)
/// const X& backward(const X& x, const Y& dy, cache<X>&, parameters& grad) const;    // assigns ∂J/∂θ, returns ∂J/∂x
/// ```
/// Both may take a `const gr::context&` as last argument. θ stands in a member `theta`, or in the members of a layer that
/// is made of layers.

#include <type_traits>
#include <utility>

#include "gradus/core/context.hpp"
#include "gradus/core/parameters.hpp"

namespace gradus {

template <class L, class X>
using cache_of = typename L::template cache<X>;

template <class L, class X>
concept forwards_plain = requires(const L& l, const X& x, cache_of<L, X>& c) { l.forward(x, c); };
template <class L, class X>
concept forwards_in_context =
    requires(const L& l, const X& x, cache_of<L, X>& c, const context& ctx) { l.forward(x, c, ctx); };

namespace layer_has {
template <class L>
inline constexpr bool parameters = requires { typename L::parameters; };
template <class L, class X>
inline constexpr bool cache = requires { typename L::template cache<X>; };
template <class C>
inline constexpr bool output = requires(const C& c) { c.y; } || requires(const C& c) { c.output(); };
}  // namespace layer_has

/// The output that a forward left in a cache: its member `y`, or what its `output()` names.
template <class C>
const auto& output(const C& c) {
    if constexpr (requires { c.output(); })
        return c.output();
    else
        return c.y;
}

/// Says in words which member a type lacks to be a layer for inputs X.
template <class L, class X>
constexpr void require_layer() {
    static_assert(layer_has::parameters<L>,
                  "gradus: this type is no layer: it lacks `struct parameters` (without any: `using parameters = "
                  "gradus::no_parameters;`)");
    static_assert(layer_has::cache<L, X>,
                  "gradus: this type is no layer: it lacks `template <class X> struct cache`, what forward leaves for "
                  "backward");
    if constexpr (layer_has::cache<L, X>) {
        static_assert(layer_has::output<cache_of<L, X>>,
                      "gradus: this layer's cache lacks the output: a member `y`, or `const Y& output() const`");
        static_assert(forwards_in_context<L, X> || forwards_plain<L, X>,
                      "gradus: this type is no layer for its input: it lacks `const Y& forward(const X& x, cache<X>& c) "
                      "const`");
    }
}

/// y = f(x; θ), with or without the context, as the layer takes it.
template <class L, class X, class C>
const auto& forward(const L& layer, const X& x, C& c, const context& ctx) {
    require_layer<L, X>();
    if constexpr (forwards_in_context<L, X>)
        return layer.forward(x, c, ctx);
    else
        return layer.forward(x, c);
}

/// What a layer makes of an input X.
template <class L, class X>
using output_of = std::remove_cvref_t<decltype(gradus::forward(std::declval<const L&>(), std::declval<const X&>(),
                                                               std::declval<cache_of<L, X>&>(),
                                                               std::declval<const context&>()))>;

/// Assigns ∂J/∂θ to `grad` and returns ∂J/∂x.
template <class L, class X, class Y, class C, class G>
const auto& backward(const L& layer, const X& x, const Y& dy, C& c, G& grad, const context& ctx) {
    constexpr bool in_context = requires { layer.backward(x, dy, c, grad, ctx); };
    constexpr bool plain = requires { layer.backward(x, dy, c, grad); };
    static_assert(in_context || plain,
                  "gradus: this type is no layer: it lacks `const X& backward(const X& x, const Y& dy, cache<X>& c, "
                  "parameters& grad) const`");
    if constexpr (in_context)
        return layer.backward(x, dy, c, grad, ctx);
    else
        return layer.backward(x, dy, c, grad);
}

/// The door of every layer: inputs are gradus tensors of the layer's scalar. Without this an expression or an `xarray`
/// would be converted into a temporary, silently and at every step.
template <class T, class X>
constexpr void require_input() {
    static_assert(any_tensor<X>,
                  "gradus: a layer takes gradus::tensor<T, N>; store an xtensor expression or xarray in one first");
    if constexpr (any_tensor<X>)
        static_assert(tensor_of<X, T>,
                      "gradus: the scalar of the input is not the layer's: make the layer as e.g. gradus::dense<double>(...), "
                      "or the input a gradus::tensor<float, N>");
}

}  // namespace gradus
