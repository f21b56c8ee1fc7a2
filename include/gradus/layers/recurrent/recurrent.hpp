#pragma once
/// \file
/// Recurrent layers: a cell computes one time step, and the layer is the loop over the steps.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/initializers/orthogonal.hpp"
#include "gradus/initializers/variance_scaling.hpp"
#include "gradus/kernels/product/matrix_product.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/layers/recurrent/shapes.hpp"
#include "gradus/layers/recurrent/step.hpp"
#include "gradus/layers/recurrent/told.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// A cell in a loop over time: h_t = cell(x_t, h_{t−1}).                                            [recurrent.forward]
///   x (N, T, D)   W (D, G·H)   U (H, G·H)   b (G·H)   z (N, T, G·H)   y (N, T, H), the h of every step
/// One matrix product computes z = xW + b for all steps. The loop computes u = h_{t−1} U, one product for all gates,
/// and the cell computes h_t from z_t and u. Backpropagation through time runs the loop in reverse order: dh_t is the
/// sum of dy_t and the gradient from step t + 1. Then
///   dW = xᵀ dz     db = Σ dz     dx = dz Wᵀ                               [recurrent.dW] [recurrent.db] [recurrent.dx]
///   dU = Σ_t h_{t−1}ᵀ du_t                                                                              [recurrent.dU]
/// where du = dz, except for a gate that multiplies its product u (the n of a GRU).
///
/// At a masked step the state and y are those of the previous step, so a reversed layer starts at the last valid step
/// of each row. The state before the first step is zero, `cache.initial`, or part of the input; the state after the
/// last step is `cache.last`. If J depends on it, set ∂J/∂last in `cache.last_gradient` before backward.
///
/// Complexity: 2 N T G H (D + H) operations forward, twice that backward. No allocation after the first batch of that
/// size. Memory for y, the gates, dz and other values of the cell, in units of N T H numbers: RNN 2, LSTM 11, GRU 11,
/// GRU with the reset gate before the product 8; in addition a few matrices of one step, and U and Uᵀ in packed form.
/// Source: documents/001, 3.4 (循环层, 门机制). Werbos, "Backpropagation through time" (1990).
/// \throws shape_error if x, a state, the mask, dy or a gradient has a wrong shape, or there is no row or no step.
template <class T, class Cell>
struct recurrent_layer {
    static constexpr std::string_view name = Cell::name, formula = Cell::formula;
    using scalar = T;
    using input = tensor<T, 3>;
    using parameters = typename Cell::template parameters<T>;
    using state = typename Cell::template state<T>;
    static constexpr std::size_t gates_of_h = recurrent::gates_of_h<Cell>;  // the other gates have a separate product

    template <class X>
    struct cache {
        tensor<T, 3> y;
        X dx;
        state initial;           ///< before the first step; zeros if empty
        state last;              ///< after the last step
        state last_gradient;     ///< ∂J/∂last, for backward; zeros if empty
        state initial_gradient;  ///< ∂J/∂initial, after backward
        recurrent::memory<T> room;
        [[nodiscard]] const tensor<T, 2>& end() const { return last.h; }
    };

    parameters theta;
    Cell cell;
    recurrent_options options;
    initializer init, recurrent_init;
    std::uint64_t key = 0;  // the random stream θ was drawn from
    std::uint64_t drawn = 0;  // checksum of the default draw: while it matches, a network draws the parameters anew

    recurrent_layer(std::size_t in, std::size_t units, Cell cell_, recurrent_options o, initializer of_W, initializer of_U)
        : cell(cell_), options(o), init(std::move(of_W)), recurrent_init(std::move(of_U)) {
        recurrent::door::require_sizes(name, in, units);
        reshape(theta.W, std::array{in, Cell::gates * units});
        reshape(theta.U, std::array{units, Cell::gates * units});
        reshape(theta.b, std::array{Cell::gates * units});
    }

    template <class X>
    const tensor<T, 3>& forward(const X& in, cache<X>& c, const context& ctx = {}) const;

    template <class X>
    const X& backward(const X& in, const tensor<T, 3>& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const {
        return backward(in, recurrent::part<T, 3>{dy.shape(), {dy.data(), features(dy)}}, c, grad, ctx);
    }
    /// With dy (N, H) of the last state only: J depends on no other step of y.
    template <class X>
    const X& backward(const X& in, const tensor<T, 2>& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const {
        return backward(in, recurrent::part<T, 2>{dy.shape(), {dy.data(), features(dy)}}, c, grad, ctx);
    }
    template <class X, std::size_t R>
    const X& backward(const X& in, const recurrent::part<T, R>& dy, cache<X>& c, parameters& grad, const context& ctx) const;

    /// Passes to a visitor the gates of every step by name, (N, T, H) each, and the other stored values of the cell.
    template <class X>
    void tell(auto&& made, const X&, const cache<X>& c) const {
        std::size_t g = 0, k = 0;
        for (const std::string_view gate : Cell::gate_names) made(gate, recurrent::columns(c.room.z, units() * g++, units()));
        for (const std::string_view kept : Cell::kept_names) made(kept, recurrent::columns(c.room.kept, units() * k++, units()));
    }
    template <class X>
    void tell_formulas(auto&& made, const X& in, const cache<X>& c) const {
        if (!Cell::words().forward.empty()) made(recurrent::told(*this, sequence(in), initial(in, c), c));
    }
    template <class X, class Y>
    void tell_backward(auto&& made, const X& in, const Y& dy, const cache<X>& c, const parameters& grad) const {
        recurrent::tell_backward(made, *this, sequence(in), initial(in, c), dy, c, sequence(c.dx), grad);
    }

    /// One step: the state after x (N, D) from the state `before`; zeros if empty. Allocates.
    [[nodiscard]] state step(const tensor<T, 2>& x, const state& before = {}) const {
        if (x.shape()[1] != theta.W.shape()[0] || x.shape()[0] == 0)
            throw shape_error(name, {"a step needs x of (N, ", theta.W.shape()[0], "), got ", x.shape()});
        cache<tensor<T, 3>> c;
        c.initial = before;
        tensor<T, 3> sequence({x.shape()[0], std::size_t{1}, x.shape()[1]});
        std::copy_n(x.data(), x.size(), sequence.data());
        (void)forward(sequence, c);
        return std::move(c.last);
    }

    /// Draws W and b by `init`, U by `recurrent_init`, from random streams derived from `k`.
    void initialize(std::uint64_t k) {
        key = k;
        draw(theta.W, init, random::mix(k, "W"), fan_of(theta.W));
        draw_biases(theta.b, init, random::mix(k, "b"), fan_of(theta.W));
        draw(theta.U, recurrent_init, random::mix(k, "U"), fan_of(theta.U));
        cell.begin(theta, units());
    }

    [[nodiscard]] std::vector<std::size_t> input_shape() const { return {theta.W.shape()[0]}; }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        if (in.empty()) return {units()};
        door().check_sample(in, whole);
        in.back() = units();
        return in;
    }
    /// \throws error if the layer is reversed: the state to start from would be that of the next chunk.
    void require_carry() const {
        if (options.reverse) throw shape_error(name, "a reversed layer has no next chunk to carry its state to");
    }

    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        recurrent_layer<U, Cell> other(theta.W.shape()[0], units(), cell, options, init, recurrent_init);
        other.cell.begin(other.theta, units());
        return other;
    }

    [[nodiscard]] std::size_t units() const { return theta.U.shape()[0]; }

  private:
    [[nodiscard]] recurrent::door door() const { return {name, theta.W.shape(), theta.U.shape()}; }

    template <class X>
    static auto& sequence(X& in) {
        if constexpr (any_tensor<X>) {
            require_input<T, X>();
            return in;
        } else {
            return in.x;
        }
    }
    /// The initial state: from `in` if it has one, else from the cache.
    template <class X>
    static const auto& initial(const X& in, const cache<X>& c) {
        if constexpr (any_tensor<X>)
            return c.initial;
        else
            return in;
    }
    template <class X>
    static auto& initial_gradient(cache<X>& c) {
        if constexpr (any_tensor<X>)
            return c.initial_gradient;
        else
            return c.dx;
    }
    template <class X>
    void check(const X& in, const cache<X>& c, const context& ctx) const {
        const auto& x = sequence(in).shape();
        const auto& before = initial(in, c);
        door().check(x, ctx.mask);
        door().check_state("h₀", before.h.shape(), x);
        door().check_state("∂J/∂h after the last step", c.last_gradient.h.shape(), x);
        if constexpr (Cell::keeps_c) {
            door().check_state("c₀", before.c.shape(), x);
            door().check_state("∂J/∂c after the last step", c.last_gradient.c.shape(), x);
        }
    }

    /// The index in x and y of the i-th step of the loop.
    [[nodiscard]] std::size_t at(std::size_t i, std::size_t steps) const { return options.reverse ? steps - 1 - i : i; }

    /// The i-th step of the loop, with the state of the step before it.
    template <class X>
    recurrent::step<T> step(std::size_t i, const X& in, cache<X>& c, const context& ctx) const {
        using recurrent::lines, recurrent::lines_of;
        auto& m = c.room;
        const std::size_t steps = c.y.shape()[1], t = at(i, steps);
        const auto before = [&](tensor<T, 3>& all, const tensor<T, 2>& first) -> lines<const T> {
            if (i != 0) return lines_of(all, at(i - 1, steps));
            return first.size() == 0 ? lines<const T>{m.zeros.data(), 0} : lines<const T>{first.data(), units()};
        };
        const auto& first = initial(in, c);
        recurrent::step<T> s{.rows = c.y.shape()[0], .units = units(), .room = m};
        s.y = lines_of(c.y, t), s.z = Cell::in_place ? s.y : lines_of(m.z, t);
        s.h_before = before(c.y, first.h);
        if constexpr (Cell::kept != 0) s.kept = lines_of(m.kept, t);
        if constexpr (Cell::keeps_c) s.c_before = before(m.kept, first.c);
        s.dz = lines_of(m.dz, t), s.all_du = Cell::own_du ? lines_of(m.all_du, t) : s.dz;
        if (ctx.mask != nullptr) s.mask = {ctx.mask->data() + t, steps};
        return s;
    }

    /// dU. For the first step h_{t−1} is h₀. For the others it is the row of y before (reversed: after) du_t, so one
    /// product covers all steps. In it du of the first step is set to 0: its neighbour in y is of another row.
    template <class X>
    void recurrent_gradient(const X& in, cache<X>& c, tensor<T, 2>& dU) const {
        using view = kernels::matrix<const T>;
        auto& m = c.room;
        auto& du = Cell::own_du ? m.all_du : m.dz;
        const std::size_t N = c.y.shape()[0], steps = c.y.shape()[1], H = units();
        const std::size_t cols = gates_of_h * H, all = Cell::gates * H, rows = N * steps;
        const kernels::matrix<T> dU_h(dU.data(), H, cols, all);
        const auto& h0 = initial(in, c).h;
        if (h0.size() == 0)
            dU.fill(T(0));
        else
            kernels::product<T>(1, kernels::transpose(h0), view(m.du.data(), N, cols, all), 0, dU_h);
        if (steps > 1) {
            const auto first = recurrent::lines_of(du, at(0, steps));
            for (std::size_t n = 0; n < N; ++n) std::fill_n(first[n], cols, T(0));
            const view h_before(c.y.data() + (options.reverse ? H : 0), rows - 1, H, H);
            const view later(du.data() + (options.reverse ? 0 : all), rows - 1, cols, all);
            kernels::product<T>(1, kernels::transpose(h_before), later, 1, dU_h);
            for (std::size_t n = 0; n < N; ++n) std::copy_n(m.du.data() + n * all, cols, first[n]);
        }
        if constexpr (!Cell::whole_product)  // for the other gates, U is multiplied by the kept values
            kernels::product<T>(1, kernels::transpose(m.kept), view(m.dz.data() + cols, rows, all - cols, all), 0,
                                kernels::matrix<T>(dU.data() + cols, H, all - cols, all));
    }
};

template <class T, class Cell>
template <class X>
const tensor<T, 3>& recurrent_layer<T, Cell>::forward(const X& in, cache<X>& c, const context& ctx) const {
    using recurrent::begin;
    const tensor<T, 3>& x = sequence(in);
    check(in, c, ctx);
    const std::size_t N = x.shape()[0], steps = x.shape()[1], H = units();
    auto& m = c.room;
    reshape(c.y, std::array{N, steps, H});
    m.template prepare<Cell>(theta.U, N, steps);
    kernels::product_with_bias<T>(x, theta.W, theta.b.data(), Cell::in_place ? c.y : m.z);   // z = xW + b
    begin(m.h, initial(in, c).h, {N, H});
    for (std::size_t i = 0; i < steps; ++i) {
        const auto s = step(i, in, c, ctx);
        cell.forward(theta, s);                                                              // h_t = cell(z_t, h_{t−1})
        s.each_missing([&](std::size_t n) {
            std::copy_n(s.h_before[n], H, s.y[n]);                                           // h_t = h_{t−1}
            if constexpr (Cell::keeps_c) std::copy_n(s.c_before[n], H, s.kept[n]);           // c_t = c_{t−1}
        });
        for (std::size_t n = 0; n < N; ++n) std::copy_n(s.y[n], H, s.h[n]);
    }
    begin(c.last.h, m.h, {N, H});
    if constexpr (Cell::keeps_c) {
        const auto kept = step(steps - 1, in, c, ctx).kept;
        reshape(c.last.c, m.h.shape());
        for (std::size_t n = 0; n < N; ++n) std::copy_n(kept[n], H, c.last.c.data() + n * H);
    }
    return c.y;
}

template <class T, class Cell>
template <class X, std::size_t R>
const X& recurrent_layer<T, Cell>::backward(const X& in, const recurrent::part<T, R>& dy, cache<X>& c, parameters& grad,
                                            const context& ctx) const {
    using recurrent::begin;
    const tensor<T, 3>& x = sequence(in);
    check(in, c, ctx);
    door().check_backward(x.shape(), dy.sizes, c.y.shape());
    each([](const entry& e, const auto& p, const auto& g) {
        if (g.shape() != p.shape()) detail::refuse_gradient(name, "backward", "d" + e.path(), p.shape(), g.shape());
    }, theta, grad);
    const std::size_t N = x.shape()[0], steps = x.shape()[1];
    auto& m = c.room;
    m.template prepare_backward<Cell>(theta.U, N, steps);
    begin(m.dh, c.last_gradient.h, m.h.shape());
    if constexpr (Cell::keeps_c) begin(m.dc, c.last_gradient.c, m.h.shape());
    cell.clear(grad);
    for (std::size_t i = steps; i-- > 0;) {
        const auto s = step(i, in, c, ctx);
        if (R == 3 || i + 1 == steps)
            for (std::size_t n = 0; n < N; ++n)                                              // dh_t += dy_t
                kernels::map(units(), [](const auto& a, const auto& b) { return a + b; }, s.dh[n], s.dh[n],
                             dy.rows[R == 3 ? n * steps + at(i, steps) : n]);
        s.each_missing([&](std::size_t n) {
            std::fill_n(s.du[n], Cell::gates * units(), T(0));
            std::fill_n(s.dz[n], Cell::gates * units(), T(0));
        });
        cell.backward(theta, grad, s);                                                       // du_t, dh_{t−1}
        for (std::size_t n = 0; n < N; ++n) std::copy_n(s.du[n], Cell::gates * units(), s.all_du[n]);
        if (options.truncate != 0 && i != 0 && i % options.truncate == 0) {
            m.dh.fill(T(0));
            m.dc.fill(T(0));
        }
    }
    kernels::product<T>(1, kernels::transpose(m.masked(x, ctx.mask)), m.dz, 0, grad.W);           // dW = xᵀ dz
    kernels::column_sums(kernels::matrix<const T>(m.dz), grad.b.data());                      // db = Σ dz
    recurrent_gradient(in, c, grad.U);                                                       // dU = Σ_t h_{t−1}ᵀ du_t
    if (ctx.input_gradient) {
        tensor<T, 3>& dx = sequence(c.dx);
        reshape(dx, x.shape());
        kernels::product<T>(1, m.dz, kernels::transpose(theta.W), 0, dx);                    // dx = dz Wᵀ
    }
    auto& d_initial = initial_gradient(c);
    begin(d_initial.h, m.dh, m.h.shape());
    if constexpr (Cell::keeps_c) begin(d_initial.c, m.dc, m.h.shape());
    return c.dx;
}

/// Explicit instantiations of the layer of a cell, for the compiled unit.
#ifdef GRADUS_COMPILED
#define GRADUS_RECURRENT(Cell)                                                                                        \
    GRADUS_RECURRENT_OF(Cell, float)                                                                                  \
    GRADUS_RECURRENT_OF(Cell, double)
#define GRADUS_RECURRENT_OF(Cell, T)                                                                                  \
    GRADUS_EXTERN(layers) template const tensor<T, 3>& recurrent_layer<T, Cell>::forward(                             \
        const tensor<T, 3>&, cache<tensor<T, 3>>&, const context&) const;                                             \
    GRADUS_RECURRENT_BACK(Cell, T, 2)                                                                                 \
    GRADUS_RECURRENT_BACK(Cell, T, 3)
#define GRADUS_RECURRENT_BACK(Cell, T, R)                                                                             \
    GRADUS_EXTERN(layers) template const tensor<T, 3>& recurrent_layer<T, Cell>::backward(                            \
        const tensor<T, 3>&, const recurrent::part<T, R>&, cache<tensor<T, 3>>&, parameters&, const context&) const;
#else
#define GRADUS_RECURRENT(Cell)
#endif

}  // namespace gradus
