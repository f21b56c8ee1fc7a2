#pragma once
/// \file
/// A layer that is made of layers, and how it calls them.
///
/// It writes its forward and its backward once, whoever calls: what computes, what only looks at what a forward
/// left, what shows each step.
/// ```cpp
/// /// call(entry, layer, x, cache, context), each of that layer, in forward order. The cache is as const as given.
/// void each_inside(auto&& call, const X& x, auto& cache, const gr::context& ctx) const;
/// /// The way back; call(entry, layer, x, dy, cache, grad, context), each of that layer, returns its dx.
/// const X& backward_by(auto&& call, const X& x, const Y& dy, cache<X>&, parameters& grad, const gr::context&) const;
/// ```
/// Then `forward` is `each_inside(gr::run_forward{}, x, c, ctx)` and what is computed of the outputs, `backward` is
/// `backward_by(gr::run_backward{}, x, dy, c, grad, ctx)`. The entries are those of the parameters.

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/parameters.hpp"

namespace gradus {

/// The call that computes: y = f(x; θ) of a layer in a container.
struct run_forward {
    template <class L, class X>
    void operator()(const entry&, const L& layer, const X& x, cache_of<L, X>& c, const context& ctx) const {
        (void)forward(layer, x, c, ctx);
    }
};
/// Its way back: assigns ∂J/∂θ of the layer, returns ∂J/∂x.
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

/// A layer that names the layers in it.
template <class L, class X>
concept container = requires(const L& l, const X& x, const cache_of<L, X>& c, const context& ctx) {
    l.each_inside(walk::any_call{}, x, c, ctx);
};

/// What a layer in a container threw, told where it stands.
GRADUS_ONCE [[noreturn]] void refuse_at(const shape_error& e, const entry& place);

#if GRADUS_BODIES_OF(nn)
GRADUS_BODY void refuse_at(const shape_error& e, const entry& place) { throw e.within(place.text()); }
#endif

/// Two neighbours in a row that may be computed as one, without what lies between; specialized for those that may.
/// ```cpp
/// bool forward(x, cache, cache of next, ctx) const;       // of both; false: not of this x
/// static bool holds(cache);                               // whether the last forward was of both
/// const Y& accept(dy, cache of next) const;               // dy of next, checked in its name
/// const X& backward(x, dy, cache, cache of next, grad, ctx) const;      // of both, from what `accept` gave
/// ```
/// With `ctx.every_output` somebody reads what lies between, and forward gives false.
template <class First, class Next>
struct joint {
    static constexpr bool exists = false;
};

}  // namespace gradus
