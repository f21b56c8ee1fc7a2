#pragma once
/// \file
/// One step of one unit of a recurrent layer, there and back, cell by cell: each formula with its numbers.

#include <cstddef>
#include <string>
#include <vector>

#include "gradus/explain/dense.hpp"
#include "gradus/explain/page.hpp"

namespace gradus {

// Known by name alone: who has one to explain has included it.
template <element_activation F>
struct rnn_cell;
struct lstm_cell;
struct peephole_lstm_cell;
struct gru_cell;
struct gru_reset_before_cell;

namespace explaining {

/// A recurrent layer with all its numbers, those of its steps (N, T, ...). h_before and c_before are the states before each.
struct recurrent_numbers {
    bool reverse = false;
    std::size_t truncate = 0;
    numbers x, W, U, b, rest, gates, kept, y, h_before, c_before;  // rest: b_q, P
    numbers dy, dz, du;                                            // of the backward

    [[nodiscard]] std::size_t rows() const { return y.shape[0]; }
    [[nodiscard]] std::size_t steps() const { return y.shape[1]; }
    [[nodiscard]] std::size_t units() const { return y.shape[2]; }
    /// Where the i-th step stands.
    [[nodiscard]] std::size_t at(std::size_t i) const { return reverse ? steps() - 1 - i : i; }
};

/// The first H columns of `state`, (N, T, K·H), as they were before each step; before the first one `first`, or 0.
[[nodiscard]] inline numbers before(const recurrent_numbers& of, const numbers& state, const numbers& first) {
    numbers out{of.y.shape, std::vector<double>(of.y.size())};
    const std::size_t T = of.steps(), H = of.units();
    for (std::size_t n = 0; n < of.rows(); ++n)
        for (std::size_t i = 0; i < T; ++i)
            for (std::size_t h = 0; h < H; ++h)
                out.values[(n * T + of.at(i)) * H + h] =
                    i > 0 ? state.at(n * T + of.at(i - 1), h) : first.size() > 0 ? first.at(n, h) : 0;
    return out;
}

/// One unit of one row in its i-th step.
struct recurrent_unit {
    const recurrent_numbers& all;
    std::size_t n, i, h;

    [[nodiscard]] std::size_t row(std::size_t step) const { return n * all.steps() + all.at(step); }
    [[nodiscard]] std::size_t row() const { return row(i); }
    [[nodiscard]] std::size_t column(std::size_t gate) const { return gate * all.units() + h; }
    [[nodiscard]] double gate(std::size_t g) const { return all.gates.at(row(), column(g)); }
    [[nodiscard]] double kept(std::size_t k) const { return all.kept.at(row(), column(k)); }
    [[nodiscard]] double rest(std::size_t k) const { return all.rest.at(k, h); }
    [[nodiscard]] double dz(std::size_t g) const { return all.dz.at(row(), column(g)); }
    [[nodiscard]] double du(std::size_t g) const { return all.du.at(row(), column(g)); }
    [[nodiscard]] double y() const { return all.y.at(row(), h); }
    [[nodiscard]] double h_before() const { return all.h_before.at(row(), h); }
    [[nodiscard]] double c_before() const { return all.c_before.at(row(), h); }
    /// "0,2": row and step.
    [[nodiscard]] std::string place(std::size_t step) const { return std::to_string(n) + "," + std::to_string(all.at(step)); }
};

/// What the step after gave back to a unit, beside what goes through U.
struct carried {
    double dh = 0, dc = 0;
};

/// "z_i = Σⱼ x[0,1,j] W[j,0] + b[0] = …", the part of gate g that x makes.
inline double input_sum(page& out, const recurrent_unit& s, std::size_t g, const std::string& name) {
    const dense_row sum(s.all.x, s.all.W, s.all.b, s.row(), s.column(g));
    const std::string column = std::to_string(s.column(g));
    out.numeric(name + " = Σⱼ x[" + s.place(s.i) + ",j] W[j," + column + "] + b[" + column + "] = " + out.sum(sum.terms) +
                " + " + out.factor(s.all.b[s.column(g)]) + " = " + out.number(sum.z));
    return sum.z;
}
[[nodiscard]] inline double value_of(const std::vector<term>& terms) {
    double sum = 0;
    for (const term& t : terms) sum += t.a * t.b;
    return sum;
}
/// "u_i = Σⱼ h′[0,1,j] U[j,0] = …", the part that the state makes, h′ or another of that size.
inline double state_sum(page& out, const recurrent_unit& s, std::size_t g, const std::string& name, const std::string& state,
                        const numbers& a) {
    std::vector<term> terms;
    for (std::size_t j = 0; j < s.all.units(); ++j) terms.push_back({a.at(s.row(), j), s.all.U.at(j, s.column(g))});
    const double u = value_of(terms);
    out.numeric(name + " = Σⱼ " + state + "[" + s.place(s.i) + ",j] U[j," + std::to_string(s.column(g)) +
                "] = " + out.sum(terms) + " = " + out.number(u));
    return u;
}
struct gate_sums {
    double z, u;
};
inline gate_sums sums_of(page& out, const recurrent_unit& s, std::size_t g, const std::string& z, const std::string& u) {
    return {input_sum(out, s, g, z), state_sum(out, s, g, u, "h′", s.all.h_before)};
}

/// Σⱼ du[n,t,j] U[h,j] of a step, for the columns from `first` on.
[[nodiscard]] inline std::vector<term> back_terms(const recurrent_unit& s, std::size_t step, std::size_t first,
                                                  std::size_t end) {
    std::vector<term> terms;
    for (std::size_t j = first; j < end; ++j) terms.push_back({s.all.du.at(s.row(step), j), s.all.U.at(s.h, j)});
    return terms;
}

/// Whether a gradient comes back to this step from the one after: not where that is none, nor over the border of truncation.
[[nodiscard]] inline bool comes_back(const recurrent_unit& s) {
    const std::size_t after = s.i + 1;
    return after < s.all.steps() && (s.all.truncate == 0 || after % s.all.truncate != 0);
}

/// dh = dy + dh′ of the step after: what is carried (`words` says as what), and what comes through the first columns of U.
inline double state_gradient(page& out, const recurrent_unit& s, const carried& back, std::size_t gates, const std::string& id,
                             const std::string& words = "", const std::string& du = "dz") {
    const std::size_t after = s.i + 1;
    const bool last = after == s.all.steps();
    const bool steps = s.all.dy.shape.size() == 3;  // else dy of the last step alone
    std::string formula, values;
    double dh = 0;
    const auto add = [&](const std::string& what, const std::string& with) {
        formula += (formula.empty() ? "" : " + ") + what, values += (values.empty() ? "" : " + ") + with;
    };
    if (steps || last) {
        const double dy = steps ? s.all.dy.at(s.row(), s.h) : s.all.dy.at(s.n, s.h);
        add("dy[" + (steps ? s.place(s.i) : std::to_string(s.n)) + "," + std::to_string(s.h) + "]", out.factor(dy));
        dh += dy;
    }
    if (comes_back(s)) {
        const auto terms = back_terms(s, after, 0, gates * s.all.units());
        if (!words.empty()) add(words, out.factor(back.dh)), dh += back.dh;
        add("Σⱼ " + du + "[" + s.place(after) + ",j] U[" + std::to_string(s.h) + ",j]", out.sum(terms));
        dh += value_of(terms);
    }
    if (!last && !comes_back(s)) out.numeric("no gradient comes back over the border: backpropagation is truncated here");
    if (formula.empty()) add("nothing", out.factor(dh));
    if (values != out.factor(dh)) formula += " = " + values;
    out.numeric("dh = " + formula + " = " + out.number(dh) + "   [" + id + "]");
    return dh;
}

}  // namespace explaining

// Simple RNN.
template <class F>
void explain_step(explaining::page& out, const rnn_cell<F>&, const explaining::recurrent_unit& s) {
    const auto [z, u] = sums_of(out, s, 0, "z", "u");
    const std::string f(F::name);
    out.numeric("h = " + f + "(z + u) = " + f + "(# + #) = #   [rnn.h]", {z, u, s.y()});
}
template <class F>
void explain_step_back(explaining::page& out, const rnn_cell<F>& cell, const explaining::recurrent_unit& s,
                       explaining::carried& back) {
    const double dh = state_gradient(out, s, back, 1, "rnn.dh");
    out.numeric("dz = dh ∘ " + std::string(F::name) + "'(z + u) = #·# = #   [rnn.dz]", {dh, cell.f.derivative(s.y()), s.dz(0)});
}

// LSTM.
namespace explaining {

inline void lstm_backward(page& out, const recurrent_unit& s, carried& back, bool peepholes) {
    enum { i_, f_, g_, o_ };
    const double i = s.gate(i_), f = s.gate(f_), g = s.gate(g_), o = s.gate(o_), tanh_c = s.kept(1);
    const double dh = state_gradient(out, s, back, 4, "lstm.dh");
    out.numeric("dz_o = dh ∘ tanh c ∘ o ∘ (1 − o) = #·#·#·(1 − #) = #   [lstm.do]", {dh, tanh_c, o, o, s.dz(o_)});
    const bool after = comes_back(s);
    if (!after) back.dc = 0;
    double dc = back.dc + dh * o * (1 - tanh_c * tanh_c);
    const std::string words = std::string("dc = ") + (after ? "dc′ of the step after + " : "") + "dh ∘ o ∘ (1 − tanh² c)";
    const std::string value = " = " + (after ? out.factor(back.dc) + " + " : "") + "#·#·(1 − #²)";
    if (!peepholes) {
        out.numeric(words + value + " = #   [lstm.dc]", {dh, o, tanh_c, dc});
    } else {
        dc += s.dz(o_) * s.rest(2);
        out.numeric(words + " + dz_o ∘ p_o" + value + " + #·# = #   [peephole_lstm.dc]",
                    {dh, o, tanh_c, s.dz(o_), s.rest(2), dc});
    }
    out.numeric("dz_i = dc ∘ g ∘ i ∘ (1 − i) = #·#·#·(1 − #) = #   [lstm.di]", {dc, g, i, i, s.dz(i_)});
    out.numeric("dz_f = dc ∘ c′ ∘ f ∘ (1 − f) = #·#·#·(1 − #) = #   [lstm.df]", {dc, s.c_before(), f, f, s.dz(f_)});
    out.numeric("dz_g = dc ∘ i ∘ (1 − g²) = #·#·(1 − #²) = #   [lstm.dg]", {dc, i, g, s.dz(g_)});
    back.dc = dc * f;
    if (!peepholes) return out.numeric("dc′ = dc ∘ f = #·# = #   [lstm.dc_before]", {dc, f, back.dc});
    back.dc += s.dz(i_) * s.rest(0) + s.dz(f_) * s.rest(1);
    out.numeric("dc′ = dc ∘ f + dz_i ∘ p_i + dz_f ∘ p_f = #·# + #·# + #·# = #   [peephole_lstm.dc_before]",
                {dc, f, s.dz(i_), s.rest(0), s.dz(f_), s.rest(1), back.dc});
}

}  // namespace explaining

inline void explain_step(explaining::page& out, const lstm_cell&, const explaining::recurrent_unit& s) {
    const double i = s.gate(0), f = s.gate(1), g = s.gate(2), o = s.gate(3), c = s.kept(0);
    const auto z_i = sums_of(out, s, 0, "z_i", "u_i");
    out.numeric("i = σ(z_i + u_i) = σ(# + #) = #   [lstm.i]", {z_i.z, z_i.u, i});
    const auto z_f = sums_of(out, s, 1, "z_f", "u_f");
    out.numeric("f = σ(z_f + u_f) = σ(# + #) = #   [lstm.f]", {z_f.z, z_f.u, f});
    const auto z_g = sums_of(out, s, 2, "z_g", "u_g");
    out.numeric("g = tanh(z_g + u_g) = tanh(# + #) = #   [lstm.g]", {z_g.z, z_g.u, g});
    const auto z_o = sums_of(out, s, 3, "z_o", "u_o");
    out.numeric("o = σ(z_o + u_o) = σ(# + #) = #   [lstm.o]", {z_o.z, z_o.u, o});
    out.numeric("c = f ∘ c′ + i ∘ g = #·# + #·# = #   [lstm.c]", {f, s.c_before(), i, g, c});
    out.numeric("h = o ∘ tanh c = #·tanh(#) = #   [lstm.h]", {o, c, s.y()});
}
inline void explain_step_back(explaining::page& out, const lstm_cell&, const explaining::recurrent_unit& s,
                              explaining::carried& back) {
    explaining::lstm_backward(out, s, back, false);
}

inline void explain_step(explaining::page& out, const peephole_lstm_cell&, const explaining::recurrent_unit& s) {
    const double i = s.gate(0), f = s.gate(1), g = s.gate(2), o = s.gate(3), c = s.kept(0), c_before = s.c_before();
    const auto z_i = sums_of(out, s, 0, "z_i", "u_i");
    out.numeric("i = σ(z_i + u_i + p_i ∘ c′) = σ(# + # + #·#) = #   [peephole_lstm.i]", {z_i.z, z_i.u, s.rest(0), c_before, i});
    const auto z_f = sums_of(out, s, 1, "z_f", "u_f");
    out.numeric("f = σ(z_f + u_f + p_f ∘ c′) = σ(# + # + #·#) = #   [peephole_lstm.f]", {z_f.z, z_f.u, s.rest(1), c_before, f});
    const auto z_g = sums_of(out, s, 2, "z_g", "u_g");
    out.numeric("g = tanh(z_g + u_g) = tanh(# + #) = #   [lstm.g]", {z_g.z, z_g.u, g});
    out.numeric("c = f ∘ c′ + i ∘ g = #·# + #·# = #   [lstm.c]", {f, c_before, i, g, c});
    const auto z_o = sums_of(out, s, 3, "z_o", "u_o");
    out.numeric("o = σ(z_o + u_o + p_o ∘ c) = σ(# + # + #·#) = #   [peephole_lstm.o]", {z_o.z, z_o.u, s.rest(2), c, o});
    out.numeric("h = o ∘ tanh c = #·tanh(#) = #   [lstm.h]", {o, c, s.y()});
}
inline void explain_step_back(explaining::page& out, const peephole_lstm_cell&, const explaining::recurrent_unit& s,
                              explaining::carried& back) {
    explaining::lstm_backward(out, s, back, true);
}

// GRU.
namespace explaining {

inline void gru_gates(page& out, const recurrent_unit& s, const std::string& ids) {
    const auto r = sums_of(out, s, 0, "x_r", "u_r");
    out.numeric("r = σ(x_r + u_r) = σ(# + #) = #   [" + ids + ".r]", {r.z, r.u, s.gate(0)});
    const auto z = sums_of(out, s, 1, "x_z", "u_z");
    out.numeric("z = σ(x_z + u_z) = σ(# + #) = #   [" + ids + ".z]", {z.z, z.u, s.gate(1)});
}
inline void gru_state(page& out, const recurrent_unit& s, const std::string& ids) {
    const double z = s.gate(1);
    out.numeric("h = (1 − z) ∘ n + z ∘ h′ = (1 − #)·# + #·# = #   [" + ids + ".h]", {z, s.gate(2), z, s.h_before(), s.y()});
}
inline void gru_back(page& out, const recurrent_unit& s, double dh) {
    const double z = s.gate(1), n = s.gate(2);
    out.numeric("dz_n = dh ∘ (1 − z) ∘ (1 − n²) = #·(1 − #)·(1 − #²) = #   [gru.dn]", {dh, z, n, s.dz(2)});
    out.numeric("dz_z = dh ∘ (h′ − n) ∘ z ∘ (1 − z) = #·(# − #)·#·(1 − #) = #   [gru.dz]",
                {dh, s.h_before(), n, z, z, s.dz(1)});
}

}  // namespace explaining

inline void explain_step(explaining::page& out, const gru_cell&, const explaining::recurrent_unit& s) {
    explaining::gru_gates(out, s, "gru");
    const double q = s.kept(0), r = s.gate(0);
    const auto n = sums_of(out, s, 2, "x_n", "u_n");
    out.numeric("q = u_n + b_q = # + # = #   [gru.q]", {n.u, s.rest(0), q});
    out.numeric("n = tanh(x_n + r ∘ q) = tanh(# + #·#) = #   [gru.n]", {n.z, r, q, s.gate(2)});
    explaining::gru_state(out, s, "gru");
}
inline void explain_step_back(explaining::page& out, const gru_cell&, const explaining::recurrent_unit& s,
                              explaining::carried& back) {
    const double r = s.gate(0), q = s.kept(0);
    const double dh = state_gradient(out, s, back, 3, "gru.dh", "dh ∘ z of the step after", "du");
    explaining::gru_back(out, s, dh);
    out.numeric("dq = dz_n ∘ r = #·# = #   [gru.dq]", {s.dz(2), r, s.du(2)});
    out.numeric("dz_r = dz_n ∘ q ∘ r ∘ (1 − r) = #·#·#·(1 − #) = #   [gru.dr]", {s.dz(2), q, r, r, s.dz(0)});
    back.dh = dh * s.gate(1);
}

inline void explain_step(explaining::page& out, const gru_reset_before_cell&, const explaining::recurrent_unit& s) {
    explaining::gru_gates(out, s, "gru_reset_before");
    out.numeric("s = r ∘ h′ = #·# = #   [gru_reset_before.s]", {s.gate(0), s.h_before(), s.kept(0)});
    const double x_n = input_sum(out, s, 2, "x_n"), u_n = state_sum(out, s, 2, "u_n", "s", s.all.kept);
    out.numeric("n = tanh(x_n + u_n) = tanh(# + #) = #   [gru_reset_before.n]", {x_n, u_n, s.gate(2)});
    explaining::gru_state(out, s, "gru_reset_before");
}
inline void explain_step_back(explaining::page& out, const gru_reset_before_cell&, const explaining::recurrent_unit& s,
                              explaining::carried& back) {
    const double r = s.gate(0);
    const double dh = state_gradient(out, s, back, 2, "gru_reset_before.dh", "(dh ∘ z + ds ∘ r) of the step after");
    explaining::gru_back(out, s, dh);
    const auto terms = back_terms(s, s.i, 2 * s.all.units(), 3 * s.all.units());
    const double ds = value_of(terms);
    out.numeric("ds = Σⱼ dz_n[" + s.place(s.i) + ",j] U_n[" + std::to_string(s.h) + ",j] = " + out.sum(terms) + " = " +
                out.number(ds) + "   [gru_reset_before.ds]");
    out.numeric("dz_r = ds ∘ h′ ∘ r ∘ (1 − r) = #·#·#·(1 − #) = #   [gru_reset_before.dr]", {ds, s.h_before(), r, r, s.dz(0)});
    back.dh = dh * s.gate(1) + ds * r;
}

}  // namespace gradus
