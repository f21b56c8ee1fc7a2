#pragma once
/// \file
/// A recurrent layer, step by step: every gate of the units that are shown, with its numbers, there and back.
///
/// A cell tells its step by `explain_step(page, cell, unit)` and `explain_step_back(page, cell, unit, carried)`, found by
/// argument-dependent look-up; a layer of another cell is shown as any layer without words.

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradus/explain/dense.hpp"
#include "gradus/explain/page.hpp"
#include "gradus/explain/recurrent_cells.hpp"

namespace gradus {

// Known by name alone: who has one to explain has included it.
template <class T, class Cell>
struct recurrent_layer;
template <class L>
struct last_step;
template <class L>
struct bidirectional;

namespace explaining {

/// f(unit, its number) for the units that are shown, of as many entries as are shown of any tensor: half of them steps, for
/// what a recurrent layer is about is the next one; backward from the last.
template <class F>
void each_unit(page& out, const recurrent_numbers& all, bool backward, const F& f) {
    const std::size_t entries = std::max<std::size_t>(out.limits.entries, 1), T = all.steps();
    const std::size_t steps = std::min(T, (entries + 1) / 2), units = std::min(all.units(), entries / steps);
    const std::size_t rows = std::min(all.rows(), entries / (steps * units));
    for (std::size_t k = 0; k < steps; ++k)
        for (std::size_t n = 0; n < rows; ++n)
            for (std::size_t h = 0; h < units; ++h) {
                const recurrent_unit s{all, n, backward ? T - 1 - k : k, h};
                out.line("row " + std::to_string(n) + ", t = " + std::to_string(all.at(s.i)) + ", unit " + std::to_string(h));
                f(s, n * units + h);
            }
    if (steps * units * rows < all.y.size())
        out.numeric("… " + std::to_string(all.rows()) + " rows, " + std::to_string(T) + " steps and " +
                    std::to_string(all.units()) + " units in all");
}

template <class X>
[[nodiscard]] const auto& sequence(const X& x) {
    if constexpr (any_tensor<X>)
        return x;
    else
        return x.x;
}
/// The states before the first step.
template <class X, class C>
[[nodiscard]] const auto& initial(const X& x, const C& c) {
    if constexpr (any_tensor<X>)
        return c.initial;
    else
        return x;
}

template <class T, class Cell, class X, class C>
[[nodiscard]] recurrent_numbers numbers_of(const recurrent_layer<T, Cell>& layer, const X& x, const C& c) {
    recurrent_numbers all{.reverse = layer.options.reverse, .truncate = layer.options.truncate};
    const auto& theta = layer.theta;
    all.x = numbers_of(sequence(x)), all.W = numbers_of(theta.W), all.U = numbers_of(theta.U), all.b = numbers_of(theta.b);
    if constexpr (requires { theta.b_q; }) all.rest = numbers_of(theta.b_q);
    if constexpr (requires { theta.P; }) all.rest = numbers_of(theta.P);
    all.gates = numbers_of(c.room.z), all.kept = numbers_of(c.room.kept), all.y = numbers_of(c.y);
    all.h_before = before(all, all.y, numbers_of(initial(x, c).h));
    if constexpr (requires { initial(x, c).c; }) all.c_before = before(all, all.kept, numbers_of(initial(x, c).c));
    return all;
}

/// What a cell learns beside W, U and b.
inline void rest_gradient(page& out, const recurrent_numbers& all, const numbers& grad) {
    if (grad.shape.size() == 1) {  // b_q
        numbers dq{{all.rows(), all.steps(), all.units()}, {}};
        for (std::size_t n = 0; n < dq.shape[0] * dq.shape[1]; ++n)
            for (std::size_t h = 0; h < all.units(); ++h) dq.values.push_back(all.du.at(n, 2 * all.units() + h));
        out.line("db_q = Σₙₜ dq   [gru.db_q]");
        return column_sums(out, "db_q", dq, grad);
    }
    out.line("dp_i = Σ dz_i ∘ c′   dp_f = Σ dz_f ∘ c′   dp_o = Σ dz_o ∘ c   [peephole_lstm.dP]");
    for (std::size_t k : out.entries(grad)) {
        const std::size_t p = k / all.units(), h = k % all.units(), column = (p == 2 ? 3 : p) * all.units() + h;
        std::vector<term> terms;
        for (std::size_t n = 0; n < all.y.rows(); ++n)
            terms.push_back({all.dz.at(n, column), p == 2 ? all.kept.at(n, h) : all.c_before.at(n, h)});
        const std::string at = "[n,t," + std::to_string(h) + "] ";
        out.numeric("dP[" + grad.place(k) + "] = Σₙₜ dz_" + "ifo"[p] + at + (p == 2 ? "c" : "c′") + at + "= " + out.sum(terms) +
                    " = " + out.number(grad[k]));
    }
    out.more(grad.size());
}

/// dW, dU, db, dx; of the first `by_h` columns dU is of h′, of the others of what the cell kept.
inline void recurrent_gradients(page& out, const recurrent_numbers& all, std::size_t by_h, bool own_du, const numbers& dW,
                                const numbers& dU, const numbers& db, const numbers& dx) {
    out.line("dW = xᵀ dz   [recurrent.dW]");
    for (std::size_t k : out.entries(dW)) outer_entry(out, "dW", k, "x", all.x, "dz", all.dz, dW);
    out.more(dW.size());
    out.line(std::string("dU = Σ_t h′ᵀ ") + (own_du ? "du, where du = (dz_r, dz_z, dq)" : "dz") + "   [recurrent.dU]");
    for (std::size_t k : out.entries(dU)) {
        const bool h = k % dU.columns() < by_h;
        outer_entry(out, "dU", k, h ? "h′" : "s", h ? all.h_before : all.kept, own_du ? "du" : "dz", all.du, dU);
    }
    out.more(dU.size());
    out.line("db = Σₙₜ dz   [recurrent.db]");
    column_sums(out, "db", all.dz, db);
    input_gradient(out, "recurrent", all.x, all.W, all.dz, dx);
}

/// The way back, with dy of every step, (N, T, H), or of the last one, (N, H).
template <class T, class Cell, class X, class C, class G>
void recurrent_backward(page& out, const recurrent_layer<T, Cell>& layer, const X& x, numbers dy, const C& c, const G& grad,
                        const X& dx) {
    recurrent_numbers all = numbers_of(layer, x, c);
    all.dy = std::move(dy), all.dz = numbers_of(c.room.dz);
    all.du = Cell::own_du ? numbers_of(c.room.all_du) : all.dz;
    std::vector<carried> back(all.rows() * all.units());
    each_unit(out, all, true, [&](const recurrent_unit& s, std::size_t k) { explain_step_back(out, layer.cell, s, back[k]); });
    recurrent_gradients(out, all, layer.gates_of_h * all.units(), Cell::own_du, numbers_of(grad.W), numbers_of(grad.U),
                        numbers_of(grad.b), numbers_of(sequence(dx)));
    if constexpr (requires { grad.b_q; }) rest_gradient(out, all, numbers_of(grad.b_q));
    if constexpr (requires { grad.P; }) rest_gradient(out, all, numbers_of(grad.P));
}

}  // namespace explaining

template <class T, class Cell, class X, class C>
    requires requires(explaining::page& out, const Cell& cell, const explaining::recurrent_unit& s) {
        explain_step(out, cell, s);
    }
void explain_forward(explaining::page& out, const recurrent_layer<T, Cell>& layer, const X& x, const C& c) {
    using namespace explaining;
    const recurrent_numbers all = numbers_of(layer, x, c);
    out.line("x " + shape_text(all.x.shape) + "   W " + shape_text(all.W.shape) + "   U " + shape_text(all.U.shape) + "   b " +
             shape_text(all.b.shape) + "   y " + shape_text(all.y.shape));
    out.line("z = xW + b   u = h′U   h′: of the step before   y: the h of every step   [recurrent.forward]");
    each_unit(out, all, false, [&](const recurrent_unit& s, std::size_t) { explain_step(out, layer.cell, s); });
}
template <class T, class Cell, class X, class Y, class C, class G>
    requires requires(explaining::page& out, const Cell& cell, const explaining::recurrent_unit& s, explaining::carried& back) {
        explain_step_back(out, cell, s, back);
    }
void explain_backward(explaining::page& out, const recurrent_layer<T, Cell>& layer, const X& x, const Y& dy, const C& c,
                      const G& grad, const X& dx) {
    explaining::recurrent_backward(out, layer, x, explaining::numbers_of(dy), c, grad, dx);
}

template <class T, class Cell, class X, class C>
void explain_forward(explaining::page& out, const last_step<recurrent_layer<T, Cell>>& layer, const X& x, const C& c) {
    explain_forward(out, static_cast<const recurrent_layer<T, Cell>&>(layer), x, c);
    out.line("y = h of the last step   [last_step.forward]");
}

/// Of the two layers only the way back: forward they are shown by themselves.
template <class L, class X, class Y, class C, class G>
void explain_backward(explaining::page& out, const bidirectional<L>& layer, const X& x, const Y& dy, const C& c, const G& grad,
                      const X& dx) {
    using explaining::numbers, explaining::numbers_of;
    const numbers both = numbers_of(dy);
    const std::size_t H = layer.units();
    const auto half = [&](std::size_t first) {
        numbers out_half{both.shape, {}};
        out_half.shape.back() = H;
        for (std::size_t n = 0; n < both.rows(); ++n)
            for (std::size_t h = 0; h < H; ++h) out_half.values.push_back(both.at(n, first + h));
        return out_half;
    };
    out.line("dx = →dx + ←dx, each of its half of dy   [bidirectional.backward]");
    if (dx.size() != 0) out.show("dx", numbers_of(dx));
    out.part("forward " + std::string(L::name));
    explaining::recurrent_backward(out, layer.forwards, x, half(0), c.forwards, grad.forwards, c.forwards.dx);
    out.part("backward " + std::string(L::name));
    explaining::recurrent_backward(out, layer.backwards, x, half(H), c.backwards, grad.backwards, c.backwards.dx);
}

}  // namespace gradus
