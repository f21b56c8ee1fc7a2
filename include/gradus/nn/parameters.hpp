#pragma once
/// \file
/// Iteration over all tensors of a network, the basis of everything that is done to parameters.
///
/// A layer stores its parameters θ in one struct, which lists their names in one place:
/// ```cpp
/// struct parameters {
///     gr::tensor<float, 2> W;
///     gr::tensor<float, 1> b;
///     static void each(auto&& f, auto&... p) { f("W", p.W...), f("b", p.b...); }
/// };
/// ```
/// The gradient ∇J(θ) and snapshots are values of the same type. With the parameter pack one walk visits any number of
/// them in parallel. A layer made of layers lists its members in the same way. Code that does not depend on the
/// network's type (saving, counting, freezing, the optimizer's step) uses a list of the same tensors
/// (nn/parameter_list.hpp), built by this walk.

#include <type_traits>

#include "gradus/nn/entry.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// The parameters of a layer without any.
struct no_parameters {
    static void each(auto&&, auto&...) {}
};

/// The second kind of leaf in the walk, next to tensors: batch statistics, which are not gradients. `merge` adds those
/// of another shard, `absorb` applies those of one step; an optimizer never changes them.
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

/// The member `theta` of a layer, or the object itself for a composite or a struct of parameters.
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

/// The struct type of a layer's parameters and gradients.
template <class Layer>
using parameters_of = typename walk::parameters_type<Layer>::type;

/// Calls f(entry, leaf...) for every tensor and every statistics object of `first`, with the corresponding ones of
/// `rest`. Each argument is a layer, a network, or a struct of parameters of the same layout.
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

/// Sets the shapes in `values` to those of the parameters of `net`; statistics are copied.
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

/// As each_layer, with paths below `above`. A network that is not a container is visited as the layer "layer", or as
/// `above`.
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
/// Calls f(entry, layer) for every layer in `net`, in the order in which `each` names them: for a layer made of layers
/// first, then for its layers.
template <class F, class Net>
void each_layer(F&& f, Net& net) {
    each_layer_below(f, nullptr, net);
}

}  // namespace gradus
