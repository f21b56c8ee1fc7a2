#pragma once
/// \file
/// The definition of a layer, and how the library calls it.
///
/// A layer is a plain struct without a base class:
/// ```cpp
/// struct parameters;                                             // θ: a struct of tensors, or gr::no_parameters
/// template <class X> struct cache;                               // what forward stores for backward; y is the output
/// const Y& forward(const X& x, cache<X>&) const;                 // y = f(x; θ)
/// const X& backward(const X& x, const Y& dy, cache<X>&, parameters& grad) const;    // assigns ∂J/∂θ, returns ∂J/∂x
/// ```
/// Both may take a `const gr::context&` as last argument. θ is the member `theta`, or the members of a composite layer.

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/parameters.hpp"

namespace gradus {

/// What a layer's forward stores for its backward, for inputs X.
template <class L, class X>
using cache_of = typename L::template cache<X>;

template <class L, class X>
concept forwards_plain = requires(const L& l, const X& x, cache_of<L, X>& c) { l.forward(x, c); };
template <class L, class X>
concept forwards_in_context =
    requires(const L& l, const X& x, cache_of<L, X>& c, const context& ctx) { l.forward(x, c, ctx); };

/// y = f(x; θ), with the context if the layer takes it.
template <class L, class X>
const auto& call_forward(const L& layer, const X& x, cache_of<L, X>& c, const context& ctx) {
    if constexpr (forwards_in_context<L, X>)
        return layer.forward(x, c, ctx);
    else
        return layer.forward(x, c);
}
template <class L, class X>
using forwarded = decltype(call_forward(std::declval<const L&>(), std::declval<const X&>(),
                                        std::declval<cache_of<L, X>&>(), std::declval<const context&>()));

/// Whether a type has the members that a layer for inputs X needs; tested without a compile error.
namespace layer_has {

template <class L>
inline constexpr bool parameters = requires { typename L::parameters; };
template <class L, class X>
inline constexpr bool cache = requires { typename L::template cache<X>; };
template <class L, class X>
inline constexpr bool output = false;
template <class L, class X>
    requires cache<L, X>
inline constexpr bool output<L, X> =
    requires(const cache_of<L, X>& c) { c.y; } || requires(const cache_of<L, X>& c) { c.output(); };
template <class L, class X>
inline constexpr bool forward = false;
template <class L, class X>
    requires cache<L, X>
inline constexpr bool forward<L, X> = forwards_in_context<L, X> || forwards_plain<L, X>;
template <class L, class X>
inline constexpr bool backward = false;
template <class L, class X>
    requires(parameters<L> && output<L, X> && forward<L, X>)
inline constexpr bool backward<L, X> =
    requires(const L& l, const X& x, const forwarded<L, X>& dy, cache_of<L, X>& c, parameters_of<L>& grad, const context& ctx) {
        l.backward(x, dy, c, grad, ctx);
    } ||
    requires(const L& l, const X& x, const forwarded<L, X>& dy, cache_of<L, X>& c, parameters_of<L>& grad) {
        l.backward(x, dy, c, grad);
    };

/// For a layer that declares its input (`using input = tensor<T, 2>`): X has the same scalar and at least as many axes;
/// indices may have any number of axes.
template <class L, class X>
inline constexpr bool indices = true;
template <class L, class X>
    requires(any_tensor<typename L::input> && any_tensor<X>)
inline constexpr bool indices<L, X> = !std::is_integral_v<scalar_of<typename L::input>> || std::is_integral_v<scalar_of<X>>;
template <class L, class X>
inline constexpr bool scalar = true;
template <class L, class X>
    requires(any_tensor<typename L::input> && any_tensor<X>)
inline constexpr bool scalar<L, X> = std::is_same_v<scalar_of<typename L::input>, scalar_of<X>> ||
                                     !std::is_floating_point_v<scalar_of<X>> || !indices<L, X>;
template <class L, class X>
inline constexpr bool axes = true;
template <class L, class X>
    requires(any_tensor<typename L::input> && any_tensor<X>)
inline constexpr bool axes<L, X> = rank_of<X> >= rank_of<typename L::input> || std::is_integral_v<scalar_of<typename L::input>>;

template <class L, class X>
inline constexpr bool all = scalar<L, X> && indices<L, X> && axes<L, X> && backward<L, X>;

}  // namespace layer_has

/// Whether a network maps sequences (N, T, D) to (N, V), so that a mask of the time steps does not apply to its output.
/// Such a layer has `static constexpr bool ends_sequences = true`.
template <class L>
inline constexpr bool ends_sequences = [] {
    if constexpr (requires { L::ends_sequences; })
        return bool(L::ends_sequences);
    else
        return false;
}();

/// The same, also for a network where it is known only at run time.
template <class L>
[[nodiscard]] constexpr bool says_ends_sequences(const L& layer) {
    if constexpr (requires { layer.says_ends_sequences(); })
        return layer.says_ends_sequences();
    else
        return ends_sequences<L>;
}

/// Whether a network's last formula is a softmax or a sigmoid, so that its outputs are already probabilities. Such a
/// layer has `static constexpr bool gives_probabilities = true`.
template <class L>
[[nodiscard]] constexpr bool says_probabilities(const L& layer) {
    if constexpr (requires { layer.says_probabilities(); })
        return layer.says_probabilities();
    else if constexpr (requires { L::gives_probabilities; })
        return L::gives_probabilities;
    else
        return false;
}

/// The name of a layer in messages and tables: its member `name`, else "layer".
template <class L>
[[nodiscard]] constexpr std::string_view name_of(const L&) {
    if constexpr (requires { std::string_view(L::name); })
        return L::name;
    else
        return "layer";
}

/// The output that a forward stored in a cache: its member `y`, or the result of its `output()`.
template <class C>
const auto& output(const C& c) {
    if constexpr (requires { c.output(); })
        return c.output();
    else
        return c.y;
}

/// Compile errors with a readable text for what a type lacks to be a layer for inputs X.
template <class L, class X>
struct layer_check {
    static_assert(layer_has::parameters<L>,
                  "gradus: this type is no layer: it lacks `struct parameters` (without any: `using parameters = "
                  "gradus::no_parameters;`)");
    static_assert(layer_has::scalar<L, X>,
                  "gradus: the scalar of the input is not the layer's: make the layer as e.g. gradus::dense<double>(...), "
                  "gradus::lstm<double>(...), or the input a gradus::tensor<float, N>");
    static_assert(layer_has::indices<L, X>,
                  "gradus: this layer takes indices, not numbers: make the input a gradus::tensor<std::int32_t, N>");
    static_assert(layer_has::axes<L, X>,
                  "gradus: the input has fewer axes than the layer takes: the first is the batch, a single sample (1, I), as "
                  "last_step leaves it, a sequence (1, T, D), an image (1, H, W, C)");
    static_assert(layer_has::cache<L, X>,
                  "gradus: this type is no layer: it lacks `template <class X> struct cache`, what forward leaves for "
                  "backward");
    static_assert(!layer_has::cache<L, X> || layer_has::output<L, X>,
                  "gradus: this layer's cache lacks the output: a member `y`, or `const Y& output() const`");
    static_assert(!layer_has::output<L, X> || layer_has::forward<L, X>,
                  "gradus: this type is no layer for its input: it lacks `const Y& forward(const X& x, cache<X>& c) "
                  "const`");
    static_assert(!(layer_has::parameters<L> && layer_has::forward<L, X>) || layer_has::backward<L, X>,
                  "gradus: this type is no layer: it lacks `const X& backward(const X& x, const Y& dy, cache<X>& c, "
                  "parameters& grad) const`");
    static constexpr bool value = layer_has::all<L, X>;
};

/// The layer to check, and the input that reaches it. A container names the first of its layers that lacks something,
/// so that the compile error is about that layer, however deeply it is nested.
template <class L, class X>
struct suspect {
    using layer = L;
    using input = X;
};
template <class L, class X>
    requires requires { typename L::template suspect<X>; }
struct suspect<L, X> : L::template suspect<X> {};

/// Whether L is a layer for inputs X. If not, the program does not compile, and the error says why.
template <class L, class X>
inline constexpr bool is_layer = layer_check<typename suspect<L, X>::layer, typename suspect<L, X>::input>::value;

/// y = f(x; θ).
template <class L, class X>
const auto& forward(const L& layer, const X& x, cache_of<L, X>& c, const context& ctx) {
    static_assert(is_layer<L, X>);
    return call_forward(layer, x, c, ctx);
}

template <class L, class X>
struct output_type {
    static_assert(is_layer<L, X>);
    using type = std::remove_cvref_t<forwarded<L, X>>;
};
/// The output type of a layer for inputs X.
template <class L, class X>
using output_of = typename output_type<L, X>::type;

/// Assigns ∂J/∂θ to `grad` and returns ∂J/∂x.
template <class L, class X, class Y, class C, class G>
const auto& backward(const L& layer, const X& x, const Y& dy, C& c, G& grad, const context& ctx) {
    constexpr bool in_context = requires { layer.backward(x, dy, c, grad, ctx); };
    if constexpr (in_context)
        return layer.backward(x, dy, c, grad, ctx);
    else
        return layer.backward(x, dy, c, grad);
}

/// The declared input of L, if there is one: a base class of containers that begin with an L. With it
/// `gr::pass pass(net)` needs no example.
template <class L>
struct takes_as {};
template <class L>
    requires requires { typename L::input; }
struct takes_as<L> {
    using input = typename L::input;
};

/// The shape of one sample of y as far as it is known, else empty. `in` is the shape of a sample of x: all of it
/// (`whole`), or only its last axes, since a dense layer knows only the size of the last one. A layer provides
/// `output_shape(in)`, or if the other axes matter `output_shape(in, bool& whole)`; `whole` is then set for the result.
template <class L>
[[nodiscard]] std::vector<std::size_t> shape_through(const L& layer, std::vector<std::size_t> in, bool& whole) {
    whole = whole && !in.empty();
    if constexpr (requires { layer.output_shape(in, whole); }) {
        return layer.output_shape(std::move(in), whole);
    } else if constexpr (requires { layer.output_shape(in); }) {
        if constexpr (requires { layer.input_shape(); })
            if (in.empty()) in = layer.input_shape();
        return in.empty() ? in : layer.output_shape(std::move(in));
    } else {
        return {};
    }
}

/// Type check of every layer: inputs are gradus tensors of the layer's scalar. Without it an expression or an `xarray`
/// would be converted into a temporary, silently and at every step.
template <class T, class X>
constexpr void require_input() {
    static_assert(any_tensor<X>,
                  "gradus: a layer takes gradus::tensor<T, N>; store an xtensor expression or xarray in one first");
    if constexpr (any_tensor<X>)
        static_assert(tensor_of<X, T>,
                      "gradus: the scalar of the input is not the layer's: make the layer as e.g. gradus::dense<double>(...), "
                      "gradus::lstm<double>(...), or the input a gradus::tensor<float, N>");
}

}  // namespace gradus
