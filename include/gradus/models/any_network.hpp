#pragma once
/// \file
/// Type erasure: a network of any type with one type that does not depend on its layers, for class members, function
/// arguments and separately compiled files.

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/visitor.hpp"

namespace gradus {

namespace erasing {

/// A copyable value of an erased type: the caches or the gradients of a network.
class value {
  public:
    struct held {
        const void* type;
        explicit held(const void* t) : type(t) {}
        virtual ~held() = default;
        [[nodiscard]] virtual std::unique_ptr<held> copy() const = 0;
    };
    template <class T>
    struct holder final : held {
        T content{};
        holder() : held(type_id<T>()) {}
        [[nodiscard]] std::unique_ptr<held> copy() const override { return std::make_unique<holder>(*this); }
    };

    value() = default;
    value(const value& other) : held_(other.held_ == nullptr ? nullptr : other.held_->copy()) {}
    value(value&&) = default;
    value& operator=(value other) {
        held_ = std::move(other.held_);
        return *this;
    }

    /// The content if it is a T, else null.
    template <class T>
    [[nodiscard]] T* get() const {
        return held_ != nullptr && held_->type == type_id<T>() ? &static_cast<holder<T>&>(*held_).content : nullptr;
    }
    /// The content; replaced by a new T if it is not a T.
    template <class T>
    [[nodiscard]] T& as() {
        if (get<T>() == nullptr) held_ = std::make_unique<holder<T>>();
        return *get<T>();
    }

  private:
    std::unique_ptr<held> held_;
};

/// Calls f(entry, tensor...) for each parameter, with the parameters of the same path in the other lists. The name of
/// each entry is a whole path.
template <std::size_t N, class F>
void each_typed(F&& f, std::array<parameter_list*, N> lists) {
    const auto call = [&]<class T, std::size_t Rank, std::size_t... I>(std::size_t k, const entry& e, std::index_sequence<I...>) {
        f(e, *(*lists[I])[k].values.template get<tensor<T, Rank>>()...);
    };
    for (const parameter_list* const list : lists)
        if (list->size() != lists[0]->size())
            throw shape_error("any_network", "parameters are walked beside those of another network, or of none: make gradients "
                                             "and the like of this network, gr::gradients grad(net)");
    for (std::size_t k = 0; k < lists[0]->size(); ++k) {
        const parameter_ref& p = (*lists[0])[k];
        if (!p.is_tensor()) continue;
        const std::string path = p.path();
        entry e{std::string_view(path)};
        e.trainable = p.place->trainable, e.decay = p.place->decay;
        with_scalar(p.values.type(), [&]<class T>(T) {
            const auto of_rank = [&]<std::size_t Rank>() {
                if (p.values.shape().size() == Rank) call.template operator()<T, Rank>(k, e, std::make_index_sequence<N>{});
            };
            [&]<std::size_t... Rank>(std::index_sequence<Rank...>) {
                (of_rank.template operator()<Rank + 1>(), ...);
            }(std::make_index_sequence<5>{});
        });
    }
}

}  // namespace erasing

/// Any network with input type X and output type Y:
/// ```cpp
/// gr::any_network<gr::tensor<float, 2>> net = gr::sequential(gr::dense(2, 8, gr::tanh{}), gr::dense(8, 1));
/// gr::fit(net, gr::mse{}, gr::adam{}, data);
/// ```
/// Every function that accepts a network accepts it and returns the same as for the stored network: the same numbers
/// bit for bit, the same paths, the same messages. It is a value: a copy has its own parameters. gradient_check does
/// not convert it to double, but computes in the scalar of the network.
///
/// Complexity: one virtual call for each forward and each backward. Caches and gradients are allocated at first use.
/// \throws gradus::error if it holds no network, shape_error if caches or gradients are those of another network.
template <class X, class Y = X>
class any_network {
  public:
    static constexpr std::string_view name = "any_network";
    using input = X;

    struct parameters {
        /// Calls f(entry, tensor...) for each tensor of a network, with the corresponding tensors of the other lists.
        static void each(auto&& f, auto&... p) {
            std::array<std::unique_ptr<parameter_list>, sizeof...(p)> lists{std::make_unique<parameter_list>(p)...};
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                erasing::each_typed<sizeof...(p)>(f, {lists[I].get()...});
            }(std::make_index_sequence<sizeof...(p)>{});
        }
        void list_into(parameter_list& list, const entry* above) const {
            if (list_ != nullptr) list_(list, above, values_);
        }

      private:
        friend any_network;
        erasing::value values_;
        void (*list_)(parameter_list&, const entry*, const erasing::value&) = nullptr;
    };
    template <class In>
    struct cache {
        static_assert(std::is_same_v<In, X>, "gradus: this any_network takes another type of input");

        /// \throws data_error before the first forward
        [[nodiscard]] const Y& output() const {
            if (output_ == nullptr) throw data_error("any_network: no forward has been made with this pass");
            return output_(layers_);
        }

      private:
        friend any_network;
        erasing::value layers_;
        const Y& (*output_)(const erasing::value&) = nullptr;
    };

    any_network() = default;  ///< holds no network
    template <class Net>
        requires(!std::is_same_v<Net, any_network> && layer_has::parameters<Net>)
    any_network(Net net) : held_(std::make_unique<model_of<Net>>(std::move(net))) {}
    any_network(const any_network& other) : held_(other.held_ == nullptr ? nullptr : other.held_->copy()) {}
    any_network(any_network&&) = default;
    any_network& operator=(any_network other) {
        held_ = std::move(other.held_);
        return *this;
    }

    /// The stored network if it is a Net, else null.
    template <class Net>
    [[nodiscard]] Net* get() {
        return held_ != nullptr && held_->type == type_id<Net>() ? &static_cast<model_of<Net>&>(*held_).net : nullptr;
    }

    const Y& forward(const X& x, cache<X>& c, const context& ctx) const { return held().forward(x, c, ctx); }
    const X& backward(const X& x, const Y& dy, cache<X>& c, parameters& grad, const context& ctx) const {
        return held().backward(x, dy, c, grad, ctx);
    }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        return held().output_shape(std::move(in), whole);
    }

    // Functions that library code calls instead of visiting the layers.
    [[nodiscard]] bool says_probabilities() const { return held().says_probabilities(); }
    [[nodiscard]] bool says_ends_sequences() const { return held().says_ends_sequences(); }
    void list_into(parameter_list& list, const entry* above) const { held().list_into(list, above); }
    void shape_into(parameters& values) const { held().shape(values); }
    void each_layer_inside(const detail::draw_anew& draw, const entry* above) { held().draw(draw, above); }
    void each_layer_inside(const detail::draw_untouched& draw, const entry* above) { held().draw(draw, above); }
    template <class Own>
    void visit_inside(Own, visitor& v, const entry& place, const entry* below, const X& x, cache<X>& c) const {
        held().visit(Own::kind, v, place, below, x, c);
    }
    /// \throws shape_error if the pass, which is not changed, holds the caches of another network.
    template <class Own>
    void visit_inside(Own, visitor& v, const entry& place, const entry* below, const X& x, const cache<X>& c) const {
        if (c.output_ == nullptr) throw data_error("any_network: no forward has been made with this pass");
        held().require_own(c);
        held().visit(Own::kind, v, place, below, x, const_cast<cache<X>&>(c));
    }
    const X& visit_backward_inside(visitor& v, const entry& place, const entry* below, const X& x, const Y& dy, cache<X>& c,
                                   parameters& grad, const context& ctx) const {
        return held().visit_backward(v, place, below, x, dy, c, grad, ctx);
    }

  private:
    struct model {
        const void* type;

        explicit model(const void* t) : type(t) {}
        virtual ~model() = default;
        [[nodiscard]] virtual std::unique_ptr<model> copy() const = 0;
        virtual const Y& forward(const X&, cache<X>&, const context&) const = 0;
        virtual const X& backward(const X&, const Y& dy, cache<X>&, parameters& grad, const context&) const = 0;
        [[nodiscard]] virtual std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const = 0;
        [[nodiscard]] virtual bool says_probabilities() const = 0;
        [[nodiscard]] virtual bool says_ends_sequences() const = 0;
        virtual void list_into(parameter_list&, const entry* above) const = 0;
        virtual void shape(parameters& values) const = 0;
        virtual void draw(const detail::draw_anew&, const entry* above) = 0;
        virtual void draw(const detail::draw_untouched&, const entry* above) = 0;
        virtual void require_own(const cache<X>&) const = 0;
        virtual void visit(telling::what kind, visitor&, const entry& place, const entry* below, const X&,
                           cache<X>&) const = 0;
        virtual const X& visit_backward(visitor&, const entry& place, const entry* below, const X&, const Y& dy, cache<X>&,
                                        parameters& grad, const context&) const = 0;
    };

    template <class Net>
    struct model_of final : model {
        static_assert(is_layer<Net, X>);
        static_assert(std::is_same_v<output_of<Net, X>, Y>,
                      "gradus: this network gives another type: gradus::any_network<X, Y> is of networks that make Y of X");
        using net_cache = cache_of<Net, X>;
        using net_parameters = parameters_of<Net>;

        Net net;

        explicit model_of(Net n) : model(type_id<Net>()), net(std::move(n)) {}
        std::unique_ptr<model> copy() const override { return std::make_unique<model_of>(net); }

        const Y& forward(const X& x, cache<X>& c, const context& ctx) const override {
            return gradus::forward(net, x, made(c), ctx);
        }
        const X& backward(const X& x, const Y& dy, cache<X>& c, parameters& grad, const context& ctx) const override {
            return gradus::backward(net, x, dy, own(c), own(grad), ctx);
        }
        std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const override {
            return shape_through(net, std::move(in), whole);
        }
        bool says_probabilities() const override { return gradus::says_probabilities(net); }
        bool says_ends_sequences() const override { return gradus::says_ends_sequences(net); }
        void list_into(parameter_list& list, const entry* above) const override { list.add_all(above, net); }
        void shape(parameters& values) const override {
            shape_parameters(net, values.values_.template as<net_parameters>());
            values.list_ = [](parameter_list& list, const entry* above, const erasing::value& v) {
                list.add_all(above, *v.template get<net_parameters>());
            };
        }
        void draw(const detail::draw_anew& f, const entry* above) override { each_layer_below(f, above, net); }
        void draw(const detail::draw_untouched& f, const entry* above) override { each_layer_below(f, above, net); }
        void require_own(const cache<X>& c) const override {
            if (c.layers_.template get<net_cache>() == nullptr)
                throw shape_error(name, "this pass holds what the forward of another network left");
        }
        void visit(telling::what kind, visitor& v, const entry& place, const entry* below, const X& x,
                   cache<X>& c) const override {
            telling::visit_kind(kind, v, place, below, net, x, made(c));
        }
        const X& visit_backward(visitor& v, const entry& place, const entry* below, const X& x, const Y& dy, cache<X>& c,
                                parameters& grad, const context& ctx) const override {
            return telling::backward_call{v}.at(place, below, net, x, dy, own(c), own(grad), ctx);
        }

      private:
        /// The caches of this network; new ones if there are none.
        static net_cache& made(cache<X>& c) {
            c.output_ = [](const erasing::value& v) -> const Y& { return gradus::output(*v.template get<net_cache>()); };
            return c.layers_.template as<net_cache>();
        }
        static net_cache& own(cache<X>& c) {
            if (net_cache* const found = c.layers_.template get<net_cache>()) return *found;
            throw shape_error(name, "backward needs the forward of the same x before it, with the same pass");
        }
        static net_parameters& own(parameters& grad) {
            if (net_parameters* const found = grad.values_.template get<net_parameters>()) return *found;
            throw shape_error(name, "backward needs the gradients of this network: make them, gr::gradients grad(net)");
        }
    };

    [[nodiscard]] model& held() const {
        if (held_ == nullptr) throw error("any_network: holds no network");
        return *held_;
    }

    std::unique_ptr<model> held_;
};

}  // namespace gradus
