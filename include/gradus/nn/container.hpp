#pragma once
/// \file
/// Containers: layers made of layers.
///
/// A container defines its forward and its backward once, with a callable that is applied to each layer: one that
/// computes, one that reads the stored values, or one that shows each step.
/// ```cpp
/// /// call(entry, layer, x, cache, context) for each layer, in forward order. The cache is as const as the one given.
/// void each_inside(auto&& call, const X& x, auto& cache, const gr::context& ctx) const;
/// /// In backward order; call(entry, layer, x, dy, cache, grad, context) for each layer returns its dx.
/// const X& backward_by(auto&& call, const X& x, const Y& dy, cache<X>&, parameters& grad, const gr::context&) const;
/// ```
/// Then `forward` is `each_inside(gr::run_forward{}, x, c, ctx)` plus any computation on the outputs, and `backward` is
/// `backward_by(gr::run_backward{}, x, dy, c, grad, ctx)`. The entries are the same as in `parameters::each`.

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/parameters.hpp"

namespace gradus {

/// The callable that computes y = f(x; θ) of each layer in a container.
struct run_forward {
    template <class L, class X>
    void operator()(const entry&, const L& layer, const X& x, cache_of<L, X>& c, const context& ctx) const {
        (void)forward(layer, x, c, ctx);
    }
};
/// Its backward: assigns ∂J/∂θ of the layer, returns ∂J/∂x.
struct run_backward {
    template <class L, class X, class Y, class C, class G>
    const auto& operator()(const entry&, const L& layer, const X& x, const Y& dy, C& c, G& grad,
                           const context& ctx) const {
        return backward(layer, x, dy, c, grad, ctx);
    }
};

namespace walk {

struct any_call {
    void operator()(const entry&, const auto&...) const;
};

}  // namespace walk

/// A layer made of layers, which it lists by `each_inside`.
template <class L, class X>
concept container = requires(const L& l, const X& x, const cache_of<L, X>& c, const context& ctx) {
    l.each_inside(walk::any_call{}, x, c, ctx);
};

/// Rethrows an error of a layer in a container, prefixed with the layer's path.
GRADUS_ONCE [[noreturn]] void refuse_at(const shape_error& e, const entry& place);

#if GRADUS_BODIES_OF(nn)
GRADUS_BODY void refuse_at(const shape_error& e, const entry& place) { throw e.within(place.text()); }
#endif

/// Fusion of two consecutive layers, without storing the tensor between them; specialized for pairs that support it.
/// ```cpp
/// bool forward(x, cache, cache of next, ctx) const;       // of both; false: not of this x
/// static bool holds(cache);                               // whether the last forward was of both
/// const Y& accept(dy, cache of next) const;               // dy of next, checked in its name
/// const X& backward(x, dy, cache, cache of next, grad, ctx) const;      // of both, from what `accept` gave
/// ```
/// With `ctx.every_output` the tensor between them is needed, and forward returns false.
template <class First, class Next>
struct joint {
    static constexpr bool exists = false;
};

}  // namespace gradus
