#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/nn/container.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/to_scalar.hpp"

namespace gradus {

/// A layer with a name in paths and messages: `gr::sequential(gr::named("hidden", gr::dense(2, 3)), ...)`. Its
/// parameters are saved and drawn by that name, so the layers of a network need different names.
template <class L>
struct named {
    std::string name;
    L layer;
    named(std::string n, L l) : name(std::move(n)), layer(std::move(l)) {}
};

namespace chain {

template <class L>
struct bare {
    using type = L;
};
template <class L>
struct bare<named<L>> {
    using type = L;
};

/// The caches of the layers of a sequence: the input type of each layer is the output type of the previous one.
template <class X, class... L>
struct caches {
    using type = std::tuple<>;
};
template <class X, class First, class... Rest>
struct caches<X, First, Rest...> {
    using type = decltype(std::tuple_cat(std::declval<std::tuple<cache_of<First, X>>>(),
                                         std::declval<typename caches<output_of<First, X>, Rest...>::type>()));
};

template <class First, class... Rest>
struct first {
    using type = First;
};

/// The first layer that lacks a required member, else the last layer.
template <class X, class First, class... Rest>
struct first_suspect : suspect<First, X> {};
template <class X, class First, class Second, class... Rest>
    requires(layer_has::all<typename suspect<First, X>::layer, typename suspect<First, X>::input>)
struct first_suspect<X, First, Second, Rest...> : first_suspect<output_of<First, X>, Second, Rest...> {};

/// The input of the I-th layer.
template <std::size_t I, class X, class C>
const auto& input_of(const X& x, const C& c) {
    if constexpr (I == 0)
        return x;
    else
        return gradus::output(std::get<I - 1>(c.layers));
}

}  // namespace chain

/// A sequence of layers, ŷ = f_L(… f₂(f₁(x))).                                                   [sequential.forward]
/// Backward runs the layers in reverse order: dy of a layer is dx of the next.                  [sequential.backward]
///
/// It is a value: the layers are stored in a tuple, so the compiler sees the whole network and no call is virtual.
/// `forward` and `backward` are const; their results are stored in the pass and the gradients.
/// Complexity: that of its layers, in time and memory.
/// The constructor checks that each layer accepts the output shape of the previous one, and draws the parameters of all
/// layers except those that were set by hand, from random streams keyed by the path.
/// \throws shape_error with the name of the layer that does not fit.
template <class... L>
    requires(sizeof...(L) > 0)
class sequential : public takes_as<typename chain::first<L...>::type> {
    static constexpr std::size_t size = sizeof...(L);
    static constexpr auto index() { return std::make_index_sequence<size>{}; }

  public:
    static constexpr std::string_view name = "sequential";
    using first_layer = typename chain::first<L...>::type;
    using last_layer = std::tuple_element_t<size - 1, std::tuple<L...>>;
    static constexpr bool ends_sequences = (gradus::ends_sequences<L> || ...);

    struct parameters {
        std::tuple<parameters_of<L>...> layers;

        static void each(auto&& f, auto& first, auto&... rest) {
            const auto visit = [&]<std::size_t I>() {
                f(place(first, I), std::get<I>(first.layers), std::get<I>(rest.layers)...);
            };
            [&]<std::size_t... I>(std::index_sequence<I...>) { (visit.template operator()<I>(), ...); }(index());
        }
    };

    template <class X>
    using suspect = chain::first_suspect<X, L...>;

    template <class X>
    struct cache {
        typename chain::caches<X, L...>::type layers;
        [[nodiscard]] const auto& output() const { return gradus::output(std::get<size - 1>(layers)); }
    };

    std::tuple<L...> layers;
    std::array<std::string, size> names;  // empty if the index is the name

    [[nodiscard]] bool says_probabilities() const { return gradus::says_probabilities(std::get<size - 1>(layers)); }
    [[nodiscard]] bool says_ends_sequences() const {
        return std::apply([](const L&... l) { return (gradus::says_ends_sequences(l) || ...); }, layers);
    }

    template <class... N>
        requires(sizeof...(N) == size && (std::is_same_v<typename chain::bare<N>::type, L> && ...))
    explicit sequential(N... l) : layers(unwrap(std::move(l))...), names{name_of(l)...} {
        initialize_untouched(*this);
        check_shapes();
    }

    template <class X>
    const auto& forward(const X& x, cache<X>& c, const context& ctx) const {
        each_inside(run_forward{}, x, c, ctx);
        return c.output();
    }
    template <class X, class Y>
    const X& backward(const X& x, const Y& dy, cache<X>& c, parameters& grad, const context& ctx) const {
        return backward_by(run_backward{}, x, dy, c, grad, ctx);
    }

    /// y_i = f_i(y_{i−1}) of each layer, in order; `call` as described in nn/container.hpp.
    template <class Call, class X, class C>
    void each_inside(Call&& call, const X& x, C& c, const context& ctx) const {
        std::size_t i = 0;  // the current layer
        try {
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                ((i = I, forward_at<I>(call, x, c, ctx)), ...);
            }(index());
        } catch (const shape_error& e) {
            refuse_at(e, place(*this, i));
        }
    }
    /// dy_{i−1} = dx_i of each layer, in reverse order.
    template <class Call, class X, class Y>
    const X& backward_by(Call&& call, const X& x, const Y& dy, cache<X>& c, parameters& grad,
                         const context& ctx) const {
        std::size_t i = 0;
        try {
            return backward_from<size - 1>(call, x, dy, c, grad, ctx, i);
        } catch (const shape_error& e) {
            refuse_at(e, place(*this, i));
        }
    }

    /// ŷ = f(x; θ), valid until the next forward on this pass.
    template <class X, class PX>
    const auto& forward(const X& x, pass<sequential, PX>& p) const {
        static_assert(std::is_same_v<X, PX>,
                      "gradus: forward takes the input type that the pass was made for: store an expression or xarray in "
                      "a gradus::tensor of the network's scalar, and make the pass as gradus::pass(net, x)");
        return forward(x, p.cache, p.begin());
    }
    /// Assigns ∇J(θ) to `grad`, given dy = ∂J/∂ŷ. Returns ∂J/∂x, which is computed only if `pass.input_gradient`.
    template <class X, class Y>
    const X& backward(const X& x, const Y& dy, pass<sequential, X>& p, parameters& grad) const {
        p.spent = true;
        return backward(x, dy, p.cache, grad, p.context());
    }

    template <std::size_t I>
    [[nodiscard]] auto& layer() {
        return std::get<I>(layers);
    }
    template <std::size_t I>
    [[nodiscard]] const auto& layer() const {
        return std::get<I>(layers);
    }

    [[nodiscard]] std::vector<std::size_t> input_shape() const
        requires requires(const first_layer& l) { l.input_shape(); }
    {
        return layer<0>().input_shape();
    }
    /// The shape of ŷ for a sample of shape `in`, as far as the layers determine it.
    /// \throws shape_error with the name of the layer that does not fit.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        bool whole = true;
        return output_shape(std::move(in), whole);
    }
    /// The same if `in` may contain only the last axes: see shape_through.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        std::size_t i = 0;
        try {
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                ((i = I, in = shape_through(layer<I>(), std::move(in), whole)), ...);
            }(index());
        } catch (const shape_error& e) {
            refuse_at(e, place(*this, i));
        }
        return in;
    }

    /// The same network with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] auto to_scalar() const
        requires(converts_to<L, U> && ...)
    {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return gradus::sequential(named(names[I], scalars::shell<U>(layer<I>()))...);
        }(index());
    }

  private:
    template <class N>
    static auto unwrap(N&& n) {
        if constexpr (requires { n.layer; n.name.empty(); })
            return std::move(n.layer);
        else
            return std::forward<N>(n);
    }
    template <class N>
    static std::string name_of(const N& n) {
        if constexpr (requires { n.layer; n.name.empty(); })
            return n.name;
        else
            return {};
    }
    static entry place(const auto& p, std::size_t i) {
        entry e(i);
        if constexpr (requires { p.names; }) e.name = p.names[i];
        return e;
    }

    void check_shapes() const { (void)output_shape({}); }

    template <std::size_t I>
    using layer_type = std::tuple_element_t<I, std::tuple<L...>>;

    /// Whether a layer before the I-th has parameters, so that dx is needed.
    template <std::size_t I>
    static constexpr bool learns_before() {
        return []<std::size_t... J>(std::index_sequence<J...>) {
            return (!std::is_same_v<parameters_of<layer_type<J>>, no_parameters> || ...);
        }(std::make_index_sequence<I>{});
    }

    template <std::size_t I, class Call, class X, class C>
    void forward_at(Call& call, const X& x, C& c, const context& ctx) const {
        const auto& x_i = chain::input_of<I>(x, c);
        auto& own = std::get<I>(c.layers);
        if constexpr (joins<I>() && !std::is_const_v<C>)
            if (both<I>().forward(x_i, own, std::get<I + 1>(c.layers), ctx)) return;
        if constexpr (joins<I - 1>())
            if (!ctx.every_output && both<I - 1>().holds(std::get<I - 1>(c.layers))) return;
        call(place(*this, I), layer<I>(), x_i, own, ctx.inside(I));                              // y_i = f_i(y_{i−1})
    }

    template <std::size_t I, class Call, class X, class Y>
    const X& backward_from(Call& call, const X& x, const Y& dy, cache<X>& c, parameters& grad, const context& ctx,
                           std::size_t& i) const {
        i = I;
        context inner = ctx.inside(I);
        inner.input_gradient = learns_before<I>() || ctx.input_gradient || (I > 0 && ctx.every_output);
        const auto& dx = backward_at<I>(call, chain::input_of<I>(x, c), dy, c, grad, inner);     // dy_{i−1} = dx_i
        if constexpr (I == 0) {
            return dx;
        } else {
            if (!inner.input_gradient) return x;  // dx is not needed: the layers before have no parameters
            return backward_from<I - 1>(call, x, dx, c, grad, ctx, i);
        }
    }
    template <std::size_t I, class Call, class X, class Y, class C>
    const auto& backward_at(Call& call, const X& x_i, const Y& dy, C& c, parameters& grad, const context& inner) const {
        auto& own = std::get<I>(c.layers);
        auto& own_grad = std::get<I>(grad.layers);
        if constexpr (joins<I - 1>())
            if (both<I - 1>().holds(std::get<I - 1>(c.layers))) return both<I - 1>().accept(dy, own);
        if constexpr (joins<I>())
            if (both<I>().holds(own))
                return both<I>().backward(x_i, dy, own, std::get<I + 1>(c.layers), own_grad, inner);
        return call(place(*this, I), layer<I>(), x_i, dy, own, own_grad, inner);
    }

    /// Whether layers I and I + 1 can be fused.
    template <std::size_t I>
    static constexpr bool joins() {
        if constexpr (I + 1 < size && I != static_cast<std::size_t>(-1))
            return joint<layer_type<I>, layer_type<I + 1>>::exists;
        else
            return false;
    }
    template <std::size_t I>
    [[nodiscard]] auto both() const {
        return joint<layer_type<I>, layer_type<I + 1>>{layer<I>(), layer<I + 1>()};
    }
};

template <class... N>
sequential(N...) -> sequential<typename chain::bare<N>::type...>;

}  // namespace gradus
