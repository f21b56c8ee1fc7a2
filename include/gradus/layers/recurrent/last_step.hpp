#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/nn/layer.hpp"
#include "gradus/nn/statement.hpp"

namespace gradus {

/// What `last_step` takes: a layer whose cache says by `end()` what the state after the last step is, (N, H).
template <class L>
concept has_end = requires(const cache_of<L, typename L::input>& c) { c.end(); };

/// A recurrent layer of which only the state after the last step goes on: `gr::last_step(gr::lstm(28, 128))`.
///   y (N, H) = h_T of x (N, T, D); both directions of a bidirectional layer, (N, 2H)                   [last_step.forward]
/// With a mask it is the state after each row's own last step, for the steps behind it carry the state over. Backward begins
/// with dh_T = dy, and no other step has a dy.                                                          [last_step.backward]
///
/// It is the layer itself, its parameters by the same paths; nothing is copied, and no gradient of zeros is written.
/// \throws what the layer does; shape_error where dy is not shaped as y.
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
