#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/kernels/elementwise.hpp"
#include "gradus/layers/recurrent/recurrent.hpp"
#include "gradus/nn/container.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/statement.hpp"
#include "gradus/nn/to_scalar.hpp"

namespace gradus {

/// Two recurrent layers, the second one from the last step to the first: `gr::bidirectional(gr::lstm(28, 64))`.
///   y (N, T, 2H) = (→h_t, ←h_t) of x (N, T, D): both directions, concatenated at each step     [bidirectional.forward]
///   dx = →dx + ←dx, each from its half of dy                                                  [bidirectional.backward]
/// With a mask the second layer starts at the last valid step of each row. The paths of the parameters begin with
/// "forward" and "backward".
///
/// Complexity: that of two layers, and one copy of y. No allocation after the first batch of that size.
/// Source: Schuster and Paliwal, "Bidirectional recurrent neural networks" (1997).
/// \throws shape_error if the given layer is reversed, and whatever the layers throw, with the direction in the path.
template <class L>
struct bidirectional {
    static constexpr std::string_view name = "bidirectional";
    using T = typename L::scalar;
    using scalar = T;
    using input = tensor<T, 3>;
    struct parameters {
        parameters_of<L> forwards, backwards;
        static void each(auto&& f, auto&... p) { f("forward", p.forwards...), f("backward", p.backwards...); }
    };
    template <class X>
    struct cache {
        cache_of<L, X> forwards, backwards;
        tensor<T, 3> y;
        tensor<T, 2> ends;  // the last states of both directions, concatenated
        X dx;
        [[nodiscard]] const tensor<T, 2>& end() const { return ends; }
    };

    L forwards, backwards;

    explicit bidirectional(const L& layer) : forwards(layer), backwards(layer) {
        if (layer.options.reverse) throw shape_error(name, "makes a reversed layer of its own: give it one that is not");
        backwards.options.reverse = true;
        initialize_untouched(*this);
    }

    [[nodiscard]] std::size_t units() const { return forwards.units(); }

    template <class X>
    const tensor<T, 3>& forward(const X& x, cache<X>& c, const context& ctx = {}) const {
        each_inside(run_forward{}, x, c, ctx);
        const auto &a = c.forwards.y, &b = c.backwards.y;
        reshape(c.y, with_features(a, 2 * units()));
        beside(a.data(), b.data(), rows(a), c.y.data());                                         // y = (→h, ←h)
        reshape(c.ends, std::array{x.shape()[0], 2 * units()});
        beside(c.forwards.last.h.data(), c.backwards.last.h.data(), x.shape()[0], c.ends.data());
        return c.y;
    }

    /// With dy of every step, (N, T, 2H), or of the two last states, (N, 2H).
    template <class X, std::size_t R>
    const X& backward(const X& x, const tensor<T, R>& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const {
        return backward_by(run_backward{}, x, dy, c, grad, ctx);
    }

    /// Calls `call` for the two layers, as described in nn/container.hpp.
    template <class Call, class X>
    void each_inside(Call&& call, const X& x, auto& c, const context& ctx) const {
        entry at("forward");
        try {
            call(at, forwards, x, c.forwards, ctx);                                              // →h
            at = "backward";
            call(at, backwards, x, c.backwards, ctx);                                            // ←h
        } catch (const shape_error& e) {
            refuse_at(e, at);
        }
    }
    template <class Call, class X, std::size_t R>
    const X& backward_by(Call&& call, const X& x, const tensor<T, R>& dy, cache<X>& c, parameters& grad,
                         const context& ctx) const {
        if (features(dy) != 2 * units())
            throw shape_error(name, {"dh = dy + … needs dy shaped as y ", c.y.shape(), ", got ", dy.shape()});
        const auto half = [&](std::size_t first) {
            return recurrent::part<T, R>{with_features(dy, units()), {dy.data() + first, 2 * units()}};
        };
        entry at("forward");
        try {
            call(at, forwards, x, half(0), c.forwards, grad.forwards, ctx);
            at = "backward";
            call(at, backwards, x, half(units()), c.backwards, grad.backwards, ctx);
        } catch (const shape_error& e) {
            refuse_at(e, at);
        }
        if (!ctx.input_gradient) return c.dx;
        reshape(c.dx, x.shape());
        kernels::map(x.size(), [](const auto& a, const auto& b) { return a + b; }, c.dx.data(),
                     recurrent::in(c.forwards.dx.data()), recurrent::in(c.backwards.dx.data()));  // dx = →dx + ←dx
        return c.dx;
    }

    template <class X>
    void tell_formulas(auto&& made, const X&, const cache<X>& c) const {
        made(statement{.text = "y = (→h, ←h)", .id = "bidirectional.forward", .result = {"y", c.y}});
    }
    template <class X, class Y>
    void tell_backward(auto&& made, const X&, const Y&, const cache<X>& c, const parameters&) const {
        made(statement{.text = "dx = →dx + ←dx, each of its half of dy", .id = "bidirectional.backward", .result = {"dx", c.dx}});
    }

    [[nodiscard]] std::vector<std::size_t> input_shape() const { return forwards.input_shape(); }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        in = forwards.output_shape(std::move(in), whole);
        in.back() *= 2;
        return in;
    }
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return gradus::bidirectional(forwards.template to_scalar<U>());
    }

  private:
    /// Concatenates the rows of a and b.
    void beside(const T* a, const T* b, std::size_t n, T* out) const {
        for (const std::size_t H = units(); n-- > 0; a += H, b += H) out = std::copy_n(b, H, std::copy_n(a, H, out));
    }
};

}  // namespace gradus
