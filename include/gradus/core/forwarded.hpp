#pragma once
/// \file
/// The walk of what a forward left: each layer with its input and its cache.

#include <concepts>
#include <type_traits>

#include "gradus/core/container.hpp"
#include "gradus/core/layer.hpp"
#include "gradus/core/parameters.hpp"

namespace gradus {

namespace walk {

/// \tparam containers whether they are visited too, each after the layers in it
template <bool containers, class F>
struct forwarded_walker {
    F& visit;
    const entry* parent;

    template <class L, class X, class C>
    void operator()(const entry& step, const L& layer, const X& x, C& c, const context& ctx) const {
        const entry e = step.below(parent);
        if constexpr (container<L, X>) layer.each_inside(forwarded_walker{visit, &e}, x, c, ctx);
        if constexpr (containers || !container<L, X>) visit(e, layer, x, c);
    }
};

template <bool containers, class F, class Net, class X, class C>
void visit_forwarded(F& f, const Net& net, const X& x, C& c) {
    if constexpr (container<Net, X>) net.each_inside(forwarded_walker<containers, F>{f, nullptr}, x, c, {.every_output = true});
    if constexpr (containers || !container<Net, X>) f(entry(""), net, x, c);
}

}  // namespace walk

/// Calls f(entry, layer, x of the layer, cache of the layer) for each layer of a network, in forward order, once a forward
/// of `x` is done: what it gave is `gr::output(cache)`. Its path is that of its parameters without their names ("0",
/// "encoder.3"), and empty where the network is one layer. A convolution that took in the pooling behind it has no output,
/// an empty tensor: `pass.every_output = true` before the forward keeps them all.
///
/// Containers (sequential, repeat, residual, and whoever else has `each_inside`) are not visited themselves, only what is
/// in them; a struct of layers without `each_inside` is one layer.
template <class F, class Net, class X, class C>
    requires std::same_as<std::remove_const_t<C>, cache_of<Net, X>>
void each_forwarded(F&& f, const Net& net, const X& x, C& c) {
    walk::visit_forwarded<false>(f, net, x, c);
}

}  // namespace gradus
