#pragma once
/// \file
/// Layers tell what they made, and somebody listens: a table, a picture, a search.
///
/// ```cpp
/// struct largest : gr::visitor {                                  // of each output the largest number
///     void value(const gr::layer_ref& layer, gr::role of, const gr::entry& name, const gr::tensor_ref& t) override {
///         if (of == gr::role::output && !layer.is_container) ...  // layer.place.path(), name.text(), t.number(i)
///     }
/// };
/// net.forward(x, pass);
/// gr::visit_forward(net, x, pass, largest);
/// ```
/// Told are, of each layer in forward order, x, θ, what else it says that it made, and y; backward dy, what it says, dθ
/// and dx. A layer says more by members
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
/// of which the second is asked by visit_formulas alone: a search for a NaN needs none. A statement is a formula with the
/// tensors in it (nn/statement.hpp), which `explain` writes down with numbers.
/// What listens is no template, and what nobody listens to is not compiled.

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

/// A layer, as whoever listens sees it.
struct layer_ref {
    const entry& place;              ///< its path: that of its parameters without their names, "0", "encoder.3"
    std::string_view name, formula;  ///< "dense", "y = f(xW + b)"; no formula where it says none
    bool is_container = false;       ///< it is made of layers, which come between its `enter` and its `leave`
    function_words f{};              ///< the function in its formula
};

/// What a tensor is to its layer. Backward an input is dy, a parameter dθ, an output dx.
enum class role { input, parameter, made, output };

/// Listens to what layers tell. Each function does nothing unless overridden; what it is handed is valid until it
/// returns.
class visitor {
  public:
    virtual ~visitor() = default;

    virtual void enter(const layer_ref&) {}
    virtual void leave(const layer_ref&) {}
    /// One tensor. Of an input or output that is a struct each in turn, by its name below that: "x.h".
    virtual void value(const layer_ref&, role, [[maybe_unused]] const entry& name, const tensor_ref&) {}
    /// A formula, in the order in which they are computed.
    virtual void formula(const layer_ref&, const statement&) {}
    /// The formulas of a layer that goes step by step; `backward` with its gradients.
    virtual void steps(const layer_ref&, const recurrence&, [[maybe_unused]] bool backward) {}
    /// An output that is a struct, before the tensors in it; `type` as type_id tells it.
    virtual void whole_output(const layer_ref&, [[maybe_unused]] const void* y, [[maybe_unused]] const void* type) {}
    /// What a layer that has a state begins with and ended with, (N, H) each; empty: zeros. `units`: H, 0 where it
    /// does not say.
    virtual void state(const layer_ref&, [[maybe_unused]] const entry& name, [[maybe_unused]] tensor_ref initial,
                       [[maybe_unused]] tensor_ref last, [[maybe_unused]] std::size_t units) {}
};

/// A number for each type.
template <class T>
inline const void* type_id() {
    static constexpr char tag = 0;
    return &tag;
}

/// What a layer or a loss computes, where it says so.
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

/// x, y, dx, ...: a tensor, or each in a struct of them; of what nobody computed nothing.
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

/// `made` in a layer's `tell`.
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

/// The call of a walk that looks at what a forward left.
/// \tparam Own tells one layer: static tell(visitor, layer_ref, layer, x, cache); `enters`: and that one comes and goes
template <class Own>
struct walk {
    visitor& v;
    const entry* parent = nullptr;

    template <class L, class X, class C>
    void operator()(const entry& step, const L& layer, const X& x, C& c, const context&) const {
        const entry place = place_below(step, parent);
        at(place, &place, layer, x, c);
    }
    /// \param below what the layers in it stand in; null at the top
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

/// What a walk tells, for a network that hides its layers.
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

/// \tparam to_carry layers are asked whether they have a next chunk
/// \tparam writes somebody may set them
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

/// The walk of that kind, through what a forward left of a network that stands at `place`.
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

/// The call of a backward that tells what each layer did.
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
        if constexpr (requires { dy.copy(); })  // a part of a wider one
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

/// The outputs of all layers in forward order, containers after what is in them, and nothing else. Once a forward is
/// done with this pass; a convolution that was computed with the pooling behind it has none, an empty tensor, unless
/// `pass.every_output` was set before the forward.
template <class Net, class X>
void visit_outputs(const Net& net, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::outputs>(v, net, X{}, p.cache);  // an x that nobody reads: the caches hold the outputs
}

/// All that the forward of `x` left: of each layer x, θ, what it says that it made, and y; of a container, after
/// what is in it, y.
template <class Net, class X>
void visit_forward(const Net& net, const X& x, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::all<false>>(v, net, x, p.cache);
}
/// The same with the formulas.
template <class Net, class X>
void visit_formulas(const Net& net, const X& x, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::all<true>>(v, net, x, p.cache);
}

/// `gr::backward`, from which each layer tells dy, what it says that it made, its dθ ("W" is dW), and dx where somebody reads
/// it. The pass needs `every_output`, from its forward on, if the layers before the first with parameters shall be among
/// them, and layers that are computed as one, as a convolution and the pooling behind it.
/// Returns ∂J/∂x.
template <class Net, class X, class Y>
const auto& visit_backward(const Net& net, const X& x, const Y& dy, pass<Net, X>& p, parameters_of<Net>& grad,
                           visitor& v) {
    p.spent = true;
    return telling::backward_call{v}.at(entry(""), nullptr, net, x, dy, p.cache, grad, p.context());
}

/// The states of all layers that have one (nn/state.hpp), in forward order, to read and to set.
/// \throws shape_error with `to_carry`, where a layer has no next chunk
template <bool to_carry = false, class Net, class X>
void visit_states(const Net& net, pass<Net, X>& p, visitor& v) {
    telling::visit<telling::states<to_carry, true>>(v, net, X{}, p.cache);
}
/// The same, to read.
template <class Net, class X>
void visit_states(const Net& net, const pass<Net, X>& p, visitor& v) {
    telling::visit<telling::states<false, false>>(v, net, X{}, p.cache);
}

}  // namespace gradus
