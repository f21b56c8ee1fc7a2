#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/nn/layer.hpp"
#include "gradus/nn/statement.hpp"

namespace gradus {

/// A layer that `last_step` accepts: `end()` of its cache returns the state after the last step, (N, H).
template <class L>
concept has_end = requires(const cache_of<L, typename L::input>& c) { c.end(); };

/// A recurrent layer that returns only the state after the last step: `gr::last_step(gr::lstm(28, 128))`.
///   y (N, H) = h_T of x (N, T, D); for a bidirectional layer both directions, (N, 2H)              [last_step.forward]
/// With a mask it is the state after the last valid step of each row, because masked steps keep the state.
/// Backward: dh_T = dy, and the dy of every other step is 0.                                       [last_step.backward]
///
/// The parameters have the same paths as in the layer. Nothing is copied, and no zero gradients are written.
/// \throws what the layer throws; shape_error if dy does not have the shape of y.
template <class L>
struct last_step : L {
    static_assert(has_end<L>,
                  "gradus: last_step takes a recurrent layer, e.g. gradus::last_step(gradus::lstm(28, 128)), or a bidirectional "
                  "one; of several in a row the last");
    static constexpr bool ends_sequences = true;
    using typename L::parameters;
    template <class X>
    struct cache : L::template cache<X> {
        [[nodiscard]] const auto& output() const { return this->end(); }
    };

    explicit last_step(L layer) : L(std::move(layer)) {}

    template <class X>
    const auto& forward(const X& x, cache<X>& c, const context& ctx = {}) const {
        (void)L::forward(x, c, ctx);
        return c.end();                                                                          // y = h_T
    }
    template <class X, class Y>
    const X& backward(const X& x, const Y& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const {
        static_assert(rank_of<Y> == 2);
        return L::backward(x, dy, c, grad, ctx);                                                 // dh_T = dy
    }

    template <class X>
    void tell_formulas(auto&& made, const X& x, const cache<X>& c) const {
        if constexpr (requires { L::tell_formulas(made, x, c); }) L::tell_formulas(made, x, c);
        made(statement{.text = "y = h of the last step", .id = "last_step.forward"});
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        in = L::output_shape(std::move(in), whole);
        return {in.back()};
    }
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return gradus::last_step(L::template to_scalar<U>());
    }
};

}  // namespace gradus
