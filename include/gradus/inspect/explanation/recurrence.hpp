#pragma once
/// \file
/// A recurrent layer (nn/statement.hpp: recurrence): every formula of the units that are shown, with its numbers,
/// forward and backward, and the gradients summed over all steps.

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/inspect/explanation/page.hpp"
#include "gradus/inspect/explanation/recurrent_unit.hpp"
#include "gradus/inspect/explanation/statements.hpp"
#include "gradus/nn/statement.hpp"

namespace gradus::explaining {

/// Calls f(unit, its number) for the units that are shown, as many as entries of a tensor. Steps come first, up to half
/// the number of entries, since a recurrent layer is about the next step; backward starts at the last step.
template <class F>
void each_unit(page& out, const recurrent_numbers& all, bool backward, const F& f) {
    const std::size_t entries = std::max<std::size_t>(out.limits.entries, 1), T = all.steps();
    const std::size_t steps = std::min(T, (entries + 1) / 2), units = std::min(all.units(), entries / steps);
    const std::size_t rows = std::min(all.rows(), entries / (steps * units));
    for (std::size_t k = 0; k < steps; ++k)
        for (std::size_t n = 0; n < rows; ++n)
            for (std::size_t h = 0; h < units; ++h) {
                const std::size_t i = backward ? T - 1 - k : k;
                out.line("row " + std::to_string(n) + ", t = " + std::to_string(all.at(i)) + ", unit " + std::to_string(h));
                f(recurrent_unit(out, all, n, i, h), n * units + h);
            }
    if (steps * units * rows < all.y.size())
        out.numeric("… " + std::to_string(all.rows()) + " rows, " + std::to_string(T) + " steps and " +
                    std::to_string(all.units()) + " units in all");
}

/// A column of a unit in all rows and steps, by its symbol: dz_i, dq, c′, c.
[[nodiscard]] inline double own_factor(const recurrent_numbers& all, std::string_view symbol, std::size_t row, std::size_t h) {
    if (symbol == "h′") return all.h_before.at(row, h);
    if (symbol == "c′") return all.c_before.at(row, h);
    if (symbol == all.of.words.dq) return all.du.at(row, (all.gate_count() - 1) * all.units() + h);
    for (std::size_t k = 0; k < all.of.kept_names.size(); ++k)
        if (symbol == all.of.kept_names[k]) return all.kept.at(row, k * all.units() + h);
    for (std::size_t g = 0; g < all.gate_count(); ++g)
        if (symbol == all.symbol("dz", g)) return all.dz.at(row, g * all.units() + h);
    throw error(message({"explain: nothing is known by the name `", symbol, "`"}));
}
/// The gradient of a cell's parameters other than W, U and b.
inline void own_gradient(page& out, const recurrent_numbers& all) {
    const auto sums = all.of.words.own_gradient;
    if (sums.empty()) return;
    std::string line;
    for (const cell_sum& s : sums) line += (line.empty() ? "" : "   ") + std::string(s.text);
    out.line(line + mark(all.of.words.own_id));
    const std::string name = "d" + std::string(all.of.own.name);
    const numbers grad = numbers_of(all.of.d_own);
    for (std::size_t k : out.entries(grad)) {
        const std::size_t h = k % all.units();
        const cell_sum& s = sums[k / all.units()];
        std::vector<term> terms;
        for (std::size_t n = 0; n < all.y.rows(); ++n)
            terms.push_back({own_factor(all, s.a, n, h), s.b.empty() ? 1 : own_factor(all, s.b, n, h), s.b.empty()});
        const std::string at = "[n,t," + std::to_string(h) + "] ", entry = name + "[" + grad.place(k) + "] = ";
        const std::string words = s.b.empty() ? "" : message({"Σₙₜ ", s.a, at, s.b, at, "= "});
        out.numeric(entry + words + (terms.size() > 1 || !s.b.empty() ? out.sum(terms) + " = " : "") + out.number(grad[k]));
    }
    out.more(grad.size());
}

/// dW, dU, db, dx. The first columns of dU are for h′, the others for what the cell stored.
inline void recurrent_gradients(page& out, const recurrent_numbers& all) {
    const recurrence& r = all.of;
    const numbers dW = numbers_of(r.dW), dU = numbers_of(r.dU);
    const std::size_t by_h = r.gates_of_h * all.units();
    out.line("dW = xᵀ dz   [recurrent.dW]");
    for (std::size_t k : out.entries(dW)) outer_entry(out, "dW", k, "x", all.x, "dz", all.dz, dW);
    out.more(dW.size());
    std::string du;
    for (std::size_t g = 0; g < all.gate_count() && r.own_du; ++g)
        du += (g == 0 ? "" : ", ") + (g + 1 < all.gate_count() ? all.symbol("dz", g) : std::string(r.words.dq));
    out.line("dU = Σ_t h′ᵀ " + (r.own_du ? "du, where du = (" + du + ")" : std::string("dz")) + "   [recurrent.dU]");
    for (std::size_t k : out.entries(dU)) {
        const bool h = k % dU.columns() < by_h;
        const std::string state = h ? "h′" : std::string(r.kept_names[0]);
        outer_entry(out, "dU", k, state, h ? all.h_before : all.kept, r.own_du ? "du" : "dz", all.du, dU);
    }
    out.more(dU.size());
    out.line("db = Σₙₜ dz   [recurrent.db]");
    column_sums(out, "db", all.dz, numbers_of(r.db));
}

/// \throws error if a cell does not name the symbols of its formulas.
inline void require_names(const recurrent_numbers& all) {
    const recurrence& r = all.of;
    if (!r.gate_names.empty() && r.gate_names.size() != all.gate_count())
        throw error(message({"explain: a cell has ", all.gate_count(), " gates and ", r.gate_names.size(), " names of them"}));
    if (r.gates_of_h < all.gate_count() && r.kept_names.empty())
        throw error("explain: a cell has a gate that is multiplied with what it keeps, and no name of that in kept_names");
}

inline void write_forward(page& out, const recurrence& r) {
    const recurrent_numbers all{.of = r};
    require_names(all);
    out.line("x " + shape_text(all.x.shape) + "   W " + shape_text(all.W.shape) + "   U " + shape_text(all.U.shape) + "   b " +
             shape_text(all.b.shape) + "   y " + shape_text(all.y.shape));
    out.line("z = xW + b   u = h′U   h′: of the step before   y: the h of every step   [recurrent.forward]");
    each_unit(out, all, false, [](recurrent_unit s, std::size_t) { s.forward(); });
}
inline void write_backward(page& out, const recurrence& r) {
    const recurrent_numbers all{.of = r};
    std::vector<known_values> carried(all.rows() * all.units());
    each_unit(out, all, true, [&](recurrent_unit s, std::size_t k) { s.backward(carried[k]); });
    recurrent_gradients(out, all);
    statement dx{.text = "dx = dz Wᵀ", .id = "recurrent.dx", .by = made_by::transposed};
    dx.result.name = "dx", dx.result.values = r.dx, dx.a.name = "dz", dx.a.values = r.dz, dx.b.name = "W", dx.b.values = r.W;
    transposed(out, dx);
    own_gradient(out, all);
}

}  // namespace gradus::explaining
