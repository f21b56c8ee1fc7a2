#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/nn/container.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/statement.hpp"
#include "gradus/nn/to_scalar.hpp"

namespace gradus {

/// The identity shortcut.
struct straight {
    using parameters = no_parameters;
    template <class X>
    struct cache {};
};

/// Residual connection: y = x + f(x).                                                              [residual.forward]
/// Backward: dx = dy + f'(x)ᵀ dy                                                                  [residual.backward]
///   x, f(x), y of the same shape
/// If f changes the shape, a second layer is the shortcut, y = s(x) + f(x): `gr::residual(f, gr::dense(64, 128))`.
///
/// Source: He et al., "Deep residual learning for image recognition" (2016), (1) and (2).
/// Complexity: that of its layers, and a sum. The paths of their parameters begin with `f` and `shortcut`.
/// \throws shape_error if the two terms differ in shape.
template <class F, class S = straight>
class residual : public takes_as<F> {
    static constexpr bool plain = std::is_same_v<S, straight>;
    template <class X>
    static constexpr bool f_is_layer =
        layer_has::all<typename gradus::suspect<F, X>::layer, typename gradus::suspect<F, X>::input>;

  public:
    static constexpr std::string_view name = "residual";

    struct parameters {
        parameters_of<F> f;
        parameters_of<S> shortcut;
        static void each(auto&& visit, auto&... p) { visit("f", p.f...), visit("shortcut", p.shortcut...); }
    };
    template <class X>
    using suspect = gradus::suspect<std::conditional_t<plain || !f_is_layer<X>, F, S>, X>;

    template <class X>
    struct cache {
        cache_of<F, X> f;
        cache_of<S, X> shortcut;
        output_of<F, X> y;
        X dx;
    };

    F f;
    S shortcut;

    explicit residual(F f_, S s = {}) : f(std::move(f_)), shortcut(std::move(s)) { initialize_untouched(*this); }

    template <class X>
    const auto& forward(const X& x, cache<X>& c, const context& ctx) const {
        each_inside(run_forward{}, x, c, ctx);
        const auto& fx = gradus::output(c.f);
        const auto& past = way_past(x, c);
        static_assert(std::is_same_v<decltype(fx), decltype(past)>,
                      "gradus: a residual adds two tensors of one type: f must give the type that it takes, or the shortcut "
                      "that of f");
        require_one_shape(past.shape(), fx.shape());
        reshape(c.y, fx.shape());
        add(past, fx, c.y);                                                            // y = x + f(x)
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const output_of<F, X>& dy, cache<X>& c, parameters& grad, const context& ctx) const {
        return backward_by(run_backward{}, x, dy, c, grad, ctx);
    }

    template <class X>
    void tell_formulas(auto&& made, const X&, const cache<X>& c) const {
        made(statement{.text = plain ? "y = x + f(x)" : "y = s(x) + f(x)", .id = "residual.forward", .result = {"y", c.y}});
    }
    template <class X, class Y>
    void tell_backward(auto&& made, const X&, const Y&, const cache<X>& c, const parameters&) const {
        made(statement{.text = plain ? "dx = dy + f'(x)ᵀ dy" : "dx = s'(x)ᵀ dy + f'(x)ᵀ dy", .id = "residual.backward", .result = {"dx", c.dx}});
    }

    /// f(x), and s(x) if there is a shortcut; `call` as described in nn/container.hpp.
    template <class Call, class X>
    void each_inside(Call&& call, const X& x, auto& c, const context& ctx) const {
        entry at("f");
        try {
            call(at, f, x, c.f, ctx.inside(0));                                        // f(x)
            at = "shortcut";
            if constexpr (!plain) call(at, shortcut, x, c.shortcut, ctx.inside(1));    // s(x)
        } catch (const shape_error& e) {
            refuse_at(e, at);
        }
    }
    template <class Call, class X>
    const X& backward_by(Call&& call, const X& x, const output_of<F, X>& dy, cache<X>& c, parameters& grad,
                         const context& ctx) const {
        entry at("f");
        try {
            const X& through = call(at, f, x, dy, c.f, grad.f, ctx.inside(0));         // f'(x)ᵀ dy
            at = "shortcut";
            const X& past = backward_past(call, x, dy, c, grad, ctx.inside(1));        // dy, or s'(x)ᵀ dy
            if (!ctx.input_gradient) return c.dx;
            reshape(c.dx, x.shape());
            add(past, through, c.dx);                                                  // dx = dy + f'(x)ᵀ dy
            return c.dx;
        } catch (const shape_error& e) {
            refuse_at(e, at);
        }
    }

    [[nodiscard]] std::vector<std::size_t> input_shape() const
        requires requires(const F& l) { l.input_shape(); }
    {
        return f.input_shape();
    }
    /// The shape of y for a sample of shape `in`, as far as f and the shortcut determine it.
    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in) const {
        bool whole = true;
        return output_shape(in, whole);
    }
    /// The same if `in` may contain only the last axes: see shape_through.
    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in, bool& whole) const {
        bool past_whole = whole;
        std::vector<std::size_t> past = in, through;
        entry at("f");
        try {
            through = shape_through(f, in, whole);
            at = "shortcut";
            if constexpr (!plain) past = shape_through(shortcut, in, past_whole);
        } catch (const shape_error& e) {
            refuse_at(e, at);
        }
        if (past.empty() || through.empty()) {
            whole = whole || past_whole;
            return past.empty() ? through : past;  // both have the same shape
        }
        if (whole && past_whole ? past != through : past.back() != through.back()) {
            past.insert(past.begin(), 0);  // any batch
            through.insert(through.begin(), 0);
            refuse(past, through, true);
        }
        if (!past_whole) return through;
        whole = true;
        return past;
    }

    /// The same layers with scalar U; their parameters are not copied.
    template <class U>
    [[nodiscard]] auto to_scalar() const
        requires(converts_to<F, U> && converts_to<S, U>)
    {
        return gradus::residual(scalars::shell<U>(f), scalars::shell<U>(shortcut));
    }

  private:
    template <class X>
    static const auto& way_past(const X& x, const cache<X>& c) {
        if constexpr (plain)
            return x;
        else
            return gradus::output(c.shortcut);
    }
    template <class X, class Y>
    const X& backward_past(auto& call, const X& x, const Y& dy, cache<X>& c, parameters& grad,
                           const context& ctx) const {
        if constexpr (plain)
            return dy;
        else
            return call("shortcut", shortcut, x, dy, c.shortcut, grad.shortcut, ctx);
    }
    template <class X>
    static void add(const X& a, const X& b, X& sum) {
        kernels::map(a.size(), [](const auto& u, const auto& v) { return u + v; }, sum.data(), a.data(), b.data());
    }
    static void require_one_shape(const auto& past, const auto& through) {
        if (past != through) refuse(past, through, false);
    }
    [[noreturn]] static void refuse(std::span<const std::size_t> past, std::span<const std::size_t> through, bool any_batch) {
        throw shape_error(name, {plain ? "y = x + f(x) needs f(x) shaped as x " : "y = s(x) + f(x) needs f(x) shaped as s(x) ",
                                 shape_text(past, any_batch), ", got ", shape_text(through, any_batch)});
    }
};

}  // namespace gradus
