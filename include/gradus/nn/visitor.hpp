#pragma once
/// \file
/// Visitors: code that receives the tensors and formulas of every layer, for a table, a plot or a search.
///
/// ```cpp
/// struct largest : gr::visitor {                                  // the largest element of each output
///     void value(const gr::layer_ref& layer, gr::role of, const gr::entry& name, const gr::tensor_ref& t) override {
///         if (of == gr::role::output && !layer.is_container) ...  // layer.place.path(), name.text(), t.number(i)
///     }
/// };
/// net.forward(x, pass);
/// gr::visit_forward(net, x, pass, largest);
/// ```
/// For each layer in forward order a visitor receives x, θ, the intermediate tensors that the layer reports, and y; in
/// backward dy, intermediate tensors, dθ and dx. A layer reports intermediate tensors and formulas by the members
/// ```cpp
/// template <class X>
/// void tell(auto&& made, const X& x, const cache<X>& c) const { made("z", c.z); }
/// template <class X>
/// void tell_formulas(auto&& made, const X& x, const cache<X>& c) const { made(gr::statement{...}); }
/// template <class X, class Y>
/// void tell_backward(auto&& made, const X& x, const Y& dy, const cache<X>& c, const parameters& grad) const {
///     made("dz", c.dz), made(gr::statement{...});
/// }
/// ```
/// Only visit_formulas calls the second one: a search for a NaN needs no formulas. A statement is a formula with its
/// tensors (nn/statement.hpp), which `explain` prints with numbers.
/// A visitor is not a template, and layers that are never visited compile none of this code.

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "gradus/nn/container.hpp"
#include "gradus/nn/entry.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/statement.hpp"
#include "gradus/tensor/tensor_ref.hpp"

namespace gradus {

/// A layer, as seen by a visitor.
struct layer_ref {
    const entry& place;              ///< its path: that of its parameters without their names, "0", "encoder.3"
    std::string_view name, formula;  ///< "dense", "y = f(xW + b)"; the formula may be empty
    bool is_container = false;       ///< made of layers, which come between its `enter` and its `leave`
    function_words f{};              ///< the function in its formula
};

/// The role of a tensor in its layer. In backward the input is dy, a parameter is dθ, the output is dx.
enum class role { input, parameter, made, output };

/// Receives the tensors and formulas of layers. Each function does nothing unless overridden; its arguments are valid
/// until it returns.
class visitor {
  public:
    virtual ~visitor() = default;

    virtual void enter(const layer_ref&) {}
    virtual void leave(const layer_ref&) {}
    /// One tensor. For an input or output that is a struct, called for each of its tensors, named "x.h".
    virtual void value(const layer_ref&, role, [[maybe_unused]] const entry& name, const tensor_ref&) {}
    /// One formula, in the order of computation.
    virtual void formula(const layer_ref&, const statement&) {}
    /// The formulas of a recurrent layer; with `backward` also its gradients.
    virtual void steps(const layer_ref&, const recurrence&, [[maybe_unused]] bool backward) {}
    /// An output that is a struct, before the tensors in it; `type` is its type_id.
    virtual void whole_output(const layer_ref&, [[maybe_unused]] const void* y, [[maybe_unused]] const void* type) {}
    /// The initial and the last state of a layer that has one, (N, H) each; empty: zeros. `units`: H, or 0 if unknown.
    virtual void state(const layer_ref&, [[maybe_unused]] const entry& name, [[maybe_unused]] tensor_ref initial,
                       [[maybe_unused]] tensor_ref last, [[maybe_unused]] std::size_t units) {}
};

/// A unique address for each type.
template <class T>
inline const void* type_id() {
    static constexpr char tag = 0;
    return &tag;
}

/// The formula of a layer or a loss, if it has a member `formula`.
template <class L>
[[nodiscard]] constexpr std::string_view formula_of(const L&) {
    if constexpr (requires { std::string_view(L::formula); })
        return L::formula;
    else
        return "";
}

/// The activation in a layer y = f(z): its member `f`.
template <class L>
[[nodiscard]] constexpr function_words function_of(const L& layer) {
    if constexpr (requires { std::string_view(layer.f.name), std::string_view(layer.f.formula); })
        return {layer.f.name, layer.f.formula};
    else
        return {};
}

namespace telling {

/// Reports x, y, dx, ...: a tensor, or each tensor of a struct.
template <class X>
void tell_value(visitor& v, const layer_ref& layer, role of, const entry& name, const X& x) {
    if constexpr (any_tensor<X>) {
        v.value(layer, of, name, tensor_ref(x));
    } else {
        if (of == role::output) v.whole_output(layer, &x, type_id<X>());
        each([&](const entry& e, const auto& member) { v.value(layer, of, e.below(&name), tensor_ref(member)); }, x);
    }
}
[[gnu::noinline]] inline void tell_parameters(visitor& v, const layer_ref& layer, const parameter_list& theta) {
    for (const parameter_ref& p : theta)
        if (p.is_tensor()) v.value(layer, role::parameter, *p.place, p.values);
}

/// The argument `made` of a layer's `tell`.
struct teller {
    visitor& v;
    const layer_ref& layer;
    bool backward = false;

    template <class X>
    void operator()(const entry& name, const X& x) const {
        tell_value(v, layer, role::made, name, x);
    }
    void operator()(const statement& s) const { v.formula(layer, s); }
    void operator()(const recurrence& r) const { v.steps(layer, r, backward); }
};

[[nodiscard, gnu::noinline]] inline entry place_below(const entry& step, const entry* parent) {
    return step.below(parent);
}

/// The callable of a walk over the values that a forward stored.
/// \tparam Own reports one layer by static tell(visitor, layer_ref, layer, x, cache); `enters`: calls enter and leave
template <class Own>
struct walk {
    visitor& v;
    const entry* parent = nullptr;

    template <class L, class X, class C>
    void operator()(const entry& step, const L& layer, const X& x, C& c, const context&) const {
        const entry place = place_below(step, parent);
        at(place, &place, layer, x, c);
    }
    /// \param below the entry that contains the layers in it; null at the top
    template <class L, class X, class C>
    void at(const entry& place, const entry* below, const L& layer, const X& x, C& c) const {
        if constexpr (requires { layer.visit_inside(Own{}, v, place, below, x, c); })
            layer.visit_inside(Own{}, v, place, below, x, c);
        else
            at_layer(place, below, layer, x, c);
    }

  private:
    template <class L, class X, class C>
    void at_layer(const entry& place, const entry* below, const L& layer, const X& x, C& c) const {
        const layer_ref of{place, name_of(layer), formula_of(layer), container<L, X>, function_of(layer)};
        if constexpr (Own::enters) v.enter(of);
        if constexpr (container<L, X>) layer.each_inside(walk{v, below}, x, c, {.every_output = true});
        Own::tell(v, of, layer, x, c);
        if constexpr (Own::enters) v.leave(of);
    }
};
template <class Own, class Net, class X, class C>
void visit(visitor& v, const Net& net, const X& x, C& c) {
    walk<Own>{v}.at(entry(""), nullptr, net, x, c);
}

/// The kind of a walk as a run-time value, for a type-erased network.
enum class what { outputs, everything, formulas, states, states_to_carry };

struct outputs {
    static constexpr what kind = what::outputs;
    static constexpr bool enters = false;
    template <class L, class X, class C>
    static void tell(visitor& v, const layer_ref& of, const L&, const X&, const C& c) {
        tell_value(v, of, role::output, "y", output(c));
    }
};
template <bool with_formulas>
struct all {
    static constexpr what kind = with_formulas ? what::formulas : what::everything;
    static constexpr bool enters = true;
    template <class L, class X, class C>
    static void tell(visitor& v, const layer_ref& of, const L& layer, const X& x, const C& c) {
        if (!of.is_container) {
            tell_value(v, of, role::input, "x", x);
            tell_parameters(v, of, parameter_list(layer));
        }
        const teller made{v, of};
        if constexpr (requires { layer.tell(made, x, c); }) layer.tell(made, x, c);
        if constexpr (with_formulas && requires { layer.tell_formulas(made, x, c); }) layer.tell_formulas(made, x, c);
        outputs::tell(v, of, layer, x, c);
    }
};
template <class X, class C>
concept keeps_state = any_tensor<X> && requires(C& c) { c.initial, c.last; };

/// \tparam to_carry checks that each layer can continue with a next chunk
/// \tparam writes the visitor may change the states
template <bool to_carry, bool writes>
struct states {
    static constexpr what kind = to_carry ? what::states_to_carry : what::states;
    static constexpr bool enters = false;
    template <class L, class X, class C>
    static void tell(visitor& v, const layer_ref& of, const L& layer, const X&, C& c) {
        if constexpr (keeps_state<X, C>) {
            static_assert(!writes || !std::is_const_v<C>, "gradus: a container hands the caches in its own on as they are: "
                                                          "each_inside takes it as `auto& c`");
            if constexpr (to_carry && requires { layer.require_carry(); }) layer.require_carry();
            std::size_t units = 0;
            if constexpr (requires { layer.units(); }) units = layer.units();
            const auto tell_one = [&]<class Tensor>(const entry& name, Tensor& initial, Tensor& last) {
                static_assert(rank_of<Tensor> == 2, "gradus: the tensors of a state are (N, H)");
                v.state(of, name, tensor_ref(initial), tensor_ref(last), units);
            };
            std::remove_cvref_t<decltype(c.initial)>::each(tell_one, c.initial, c.last);
        }
    }
};

/// The walk of that kind over the values that a forward stored, for a network at `place`.
template <class Net, class X, class C>
void visit_kind(what kind, visitor& v, const entry& place, const entry* below, const Net& net, const X& x, C& c) {
    const auto go = [&]<class Own>(Own) { walk<Own>{v}.at(place, below, net, x, c); };
    switch (kind) {
    case what::outputs: return go(outputs{});
    case what::everything: return go(all<false>{});
    case what::formulas: return go(all<true>{});
    case what::states: return go(states<false, true>{});
    case what::states_to_carry: return go(states<true, true>{});
    }
}

/// The callable of a backward that reports each layer.
struct backward_call {
    visitor& v;
    const entry* parent = nullptr;

    template <class L, class X, class Y, class C, class G>
    const auto& operator()(const entry& step, const L& layer, const X& x, const Y& dy, C& c, G& grad,
                           const context& ctx) const {
        const entry place = place_below(step, parent);
        return at(place, &place, layer, x, dy, c, grad, ctx);
    }
    template <class L, class X, class Y, class C, class G>
    const auto& at(const entry& place, const entry* below, const L& layer, const X& x, const Y& dy, C& c, G& grad,
                   const context& ctx) const {
        if constexpr (requires { layer.visit_backward_inside(v, place, below, x, dy, c, grad, ctx); })
            return layer.visit_backward_inside(v, place, below, x, dy, c, grad, ctx);
        else
            return at_layer(place, below, layer, x, dy, c, grad, ctx);
    }

  private:
    template <class L, class X, class Y, class C, class G>
    const auto& at_layer(const entry& place, const entry* below, const L& layer, const X& x, const Y& dy, C& c, G& grad,
                         const context& ctx) const {
        constexpr bool is_container = requires { layer.backward_by(*this, x, dy, c, grad, ctx); };
        const layer_ref of{place, name_of(layer), formula_of(layer), is_container, function_of(layer)};
        v.enter(of);
        const auto& dx = [&]() -> const auto& {
            if constexpr (is_container)
                return layer.backward_by(backward_call{v, below}, x, dy, c, grad, ctx);
            else
                return backward(layer, x, dy, c, grad, ctx);
        }();
        if constexpr (requires { dy.copy(); })  // dy is a slice of a wider tensor
            tell_gradients(of, layer, x, dy.copy(), c, grad);
        else
            tell_gradients(of, layer, x, dy, c, grad);
        if (!is_container) tell_parameters(v, of, parameter_list(grad));
        if (ctx.input_gradient) tell_value(v, of, role::output, "dx", dx);
        v.leave(of);
        return dx;
    }
    template <class L, class X, class Y, class C, class G>
    void tell_gradients(const layer_ref& of, const L& layer, const X& x, const Y& dy, const C& c, const G& grad) const {
        tell_value(v, of, role::input, "dy", dy);
        const teller made{v, of, true};
        if constexpr (requires { layer.tell_backward(made, x, dy, c, grad); }) layer.tell_backward(made, x, dy, c, grad);
    }
};

}  // namespace telling

/// Visits only the outputs of all layers in forward order, each container after its layers. Needs a forward with this
/// pass. A convolution that was fused with the pooling after it has an empty output, unless `pass.every_output` was set
/// before the forward.
template <class Net, class X>
void visit_outputs(const Net& net, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::outputs>(v, net, X{}, p.cache);  // x is not used: the caches hold the outputs
}

/// Visits everything that the forward of `x` stored: for each layer x, θ, the tensors that it reports, and y; for a
/// container y, after its layers.
template <class Net, class X>
void visit_forward(const Net& net, const X& x, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::all<false>>(v, net, x, p.cache);
}
/// The same, with the formulas.
template <class Net, class X>
void visit_formulas(const Net& net, const X& x, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::all<true>>(v, net, x, p.cache);
}

/// `gr::backward` in which each layer reports dy, intermediate tensors, its dθ ("W" is dW), and dx if it is needed. Set
/// the pass's `every_output` before the forward to include the layers before the first one with parameters, and fused
/// layers such as a convolution with the pooling after it.
/// Returns ∂J/∂x.
template <class Net, class X, class Y>
const auto& visit_backward(const Net& net, const X& x, const Y& dy, pass<Net, X>& p, parameters_of<Net>& grad,
                           visitor& v) {
    p.spent = true;
    return telling::backward_call{v}.at(entry(""), nullptr, net, x, dy, p.cache, grad, p.context());
}

/// Visits the states of all layers that have one (nn/state.hpp), in forward order, to read and to set them.
/// \throws shape_error with `to_carry`, if a layer cannot continue with a next chunk
template <bool to_carry = false, class Net, class X>
void visit_states(const Net& net, pass<Net, X>& p, visitor& v) {
    telling::visit<telling::states<to_carry, true>>(v, net, X{}, p.cache);
}
/// The same, read-only.
template <class Net, class X>
void visit_states(const Net& net, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::states<false, false>>(v, net, X{}, p.cache);
}

}  // namespace gradus
