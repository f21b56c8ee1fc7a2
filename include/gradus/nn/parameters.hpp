#pragma once
/// \file
/// The walk: one way through every tensor of a network, for all that is done to parameters.
///
/// A layer keeps its parameters θ in one struct, which names them once:
/// ```cpp
/// struct parameters {
///     gr::tensor<float, 2> W;
///     gr::tensor<float, 1> b;
///     static void each(auto&& f, auto&... p) { f("W", p.W...), f("b", p.b...); }
/// };
/// ```
/// The gradient ∇J(θ) and snapshots are values of the same type. The pack lets one walk go through any number of them side
/// by side. A layer made of layers names its members the same way. What knows no network, as saving, counting, freezing and
/// descending, sees the same tensors as a list (nn/parameter_list.hpp), which this walk makes.

#include <type_traits>

#include "gradus/nn/entry.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// What a layer without parameters has.
struct no_parameters {
    static void each(auto&&, auto&...) {}
};

/// A leaf of the walk beside tensors: statistics of batches, which are no gradients. They know how to take in those of
/// another shard (`merge`) and how a step applies them (`absorb`), and no optimizer touches them.
template <class S>
concept statistics = requires(S s, const S other) {
    s.clear();
    s.merge(other);
    s.absorb(other);
};

namespace walk {

template <class P>
struct parameters_type {
    using type = P;  // a struct of parameters itself
};
template <class L>
    requires requires { typename L::parameters; }
struct parameters_type<L> {
    using type = typename L::parameters;
};

/// θ of a layer that has one, else the object itself: a composite, a struct of parameters.
template <class L>
auto& theta(L& layer) {
    if constexpr (requires { layer.theta; })
        return layer.theta;
    else
        return layer;
}

template <class F>
struct walker {
    F& visit;
    const entry* parent;

    template <class P, class... Ps>
    void operator()(const entry& step, P& p, Ps&... ps) const {
        const entry e = step.below(parent);
        if constexpr (any_tensor<P> || statistics<std::remove_const_t<P>>) {
            visit(e, p, ps...);
        } else {
            using parameters = typename parameters_type<std::remove_const_t<P>>::type;
            parameters::each(walker{visit, &e}, theta(p), theta(ps)...);
        }
    }
};

}  // namespace walk

/// The struct in which a layer's gradients are kept.
template <class Layer>
using parameters_of = typename walk::parameters_type<Layer>::type;

/// Calls f(entry, leaf...) for every tensor and every statistics of `first`, with those of `rest` in the same places.
/// Each argument is a layer, a network, or a struct of parameters of the same layout.
template <class F, class P, class... Ps>
void each_leaf(F&& f, P& first, Ps&... rest) {
    using parameters = typename walk::parameters_type<std::remove_const_t<P>>::type;
    parameters::each(walk::walker<std::remove_reference_t<F>>{f, nullptr}, walk::theta(first), walk::theta(rest)...);
}

/// Calls f(entry, tensor...) for every tensor: `each_leaf` without the statistics.
template <class F, class P, class... Ps>
void each(F&& f, P& first, Ps&... rest) {
    each_leaf(
        [&](const entry& e, auto& p, auto&... ps) {
            if constexpr (any_tensor<decltype(p)>) f(e, p, ps...);
        },
        first, rest...);
}

/// Gives `values`, the parameters of a layer or network of that kind, the shapes of its own; statistics are copied.
template <class Net>
void shape_parameters(const Net& net, parameters_of<Net>& values);

namespace walk {
struct shaper {
    template <class P, class Values>
    void operator()(const entry&, const P& from, Values& to) const {
        if constexpr (any_tensor<P>)
            reshape(to, from.shape());
        else if constexpr (statistics<P>)
            to = from;
        else
            shape_parameters(from, to);
    }
};
}  // namespace walk

template <class Net>
void shape_parameters(const Net& net, parameters_of<Net>& values) {
    if constexpr (requires { net.shape_into(values); })
        net.shape_into(values);
    else
        parameters_of<Net>::each(walk::shaper{}, walk::theta(net), walk::theta(values));
}

namespace walk {
template <class F>
struct layer_walker {
    F& visit;
    const entry* parent;

    template <class P>
    void operator()(const entry& step, P& p) const {
        const entry e = step.below(parent);
        if constexpr (requires { p.each_layer_inside(visit, &e); }) {
            p.each_layer_inside(visit, &e);
        } else if constexpr (requires { typename std::remove_const_t<P>::parameters; }) {
            using parameters = typename std::remove_const_t<P>::parameters;
            visit(e, p);
            if constexpr (!requires { p.theta; }) parameters::each(layer_walker{visit, &e}, p);
        }
    }
};
}  // namespace walk

/// The same below `above`; a network that is no container is the layer "layer", or that of `above`.
template <class F, class Net>
void each_layer_below(F& f, const entry* above, Net& net) {
    using parameters = typename std::remove_const_t<Net>::parameters;
    if constexpr (requires { net.each_layer_inside(f, above); })
        net.each_layer_inside(f, above);
    else if constexpr (requires { net.theta; } || std::is_same_v<parameters, no_parameters>)
        f(above == nullptr ? entry("layer") : *above, net);
    else
        parameters::each(walk::layer_walker<F>{f, above}, net);
}
/// Calls f(entry, layer) for every layer below `net`, in the order in which they are named: first for a layer that is
/// made of layers, then for those in it.
template <class F, class Net>
void each_layer(F&& f, Net& net) {
    each_layer_below(f, nullptr, net);
}

}  // namespace gradus
