#pragma once
/// \file
/// A layer that goes step by step (core/statement.hpp: recurrence): every formula of the units that are shown, with its
/// numbers, there and back.

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/statement.hpp"
#include "gradus/explain/expression.hpp"
#include "gradus/explain/page.hpp"
#include "gradus/explain/statements.hpp"

namespace gradus::explaining {

/// A recurrence as plain numbers, those of its steps (N, T, ...). h_before and c_before are the states before each.
struct recurrent_numbers {
    const recurrence& of;
    numbers x = numbers_of(of.x), W = numbers_of(of.W), U = numbers_of(of.U), b = numbers_of(of.b);
    numbers own = numbers_of(of.own.values), gates = numbers_of(of.gates), kept = numbers_of(of.kept), y = numbers_of(of.y);
    numbers dy = numbers_of(of.dy), dz = numbers_of(of.dz), du = numbers_of(of.du), slopes = numbers_of(of.slopes);
    numbers h_before = before(y, numbers_of(of.first_h));
    numbers c_before = of.keeps_c ? before(kept, numbers_of(of.first_c)) : numbers{};

    [[nodiscard]] std::size_t rows() const { return y.shape[0]; }
    [[nodiscard]] std::size_t steps() const { return y.shape[1]; }
    [[nodiscard]] std::size_t units() const { return y.shape[2]; }
    [[nodiscard]] std::size_t gate_count() const { return W.columns() / units(); }
    /// Where the i-th step stands.
    [[nodiscard]] std::size_t at(std::size_t i) const { return of.reverse ? steps() - 1 - i : i; }
    /// "z_i": of gate g; "z" where gates have no names.
    [[nodiscard]] std::string symbol(std::string_view kind, std::size_t g) const {
        return of.gate_names.empty() ? std::string(kind) : message({kind, "_", of.gate_names[g]});
    }

  private:
    /// The first H columns of `state`, (N, T, K·H), as they were before each step; before the first one `first`, or 0.
    [[nodiscard]] numbers before(const numbers& state, const numbers& first) const {
        numbers out{y.shape, std::vector<double>(y.size())};
        const std::size_t T = steps(), H = units();
        for (std::size_t n = 0; n < rows(); ++n)
            for (std::size_t i = 0; i < T; ++i)
                for (std::size_t h = 0; h < H; ++h)
                    out.values[(n * T + at(i)) * H + h] =
                        i > 0 ? state.at(n * T + at(i - 1), h) : first.size() > 0 ? first.at(n, h) : 0;
        return out;
    }
};

using known_values = std::map<std::string, double, std::less<>>;
[[nodiscard]] inline std::optional<double> find(const known_values& in, std::string_view symbol) {
    const auto found = in.find(symbol);
    return found == in.end() ? std::nullopt : std::optional(found->second);
}

/// One unit of one row in its i-th step.
class recurrent_unit {
  public:
    recurrent_unit(page& out, const recurrent_numbers& numbers, std::size_t row_of_batch, std::size_t step, std::size_t unit)
        : out_(out), all(numbers), n(row_of_batch), i(step), h(unit) {
        known["h′"] = all.h_before.at(row(), h);
        if (all.of.keeps_c) known["c′"] = all.c_before.at(row(), h);
        for (std::size_t k = 0; k < all.of.words.own.size(); ++k)
            known[std::string(all.of.words.own[k])] = all.own.values[k * all.units() + h];
        stored["h"] = all.y.at(row(), h);
        const auto store = [&](std::string_view name, const numbers_type& of, std::size_t k) {
            stored[std::string(name)] = of.at(row(), k * all.units() + h);
        };
        for (std::size_t g = 0; g < all.of.gate_names.size(); ++g) store(all.of.gate_names[g], all.gates, g);
        for (std::size_t k = 0; k < all.of.kept_names.size(); ++k) store(all.of.kept_names[k], all.kept, k);
        for (std::size_t g = 0; g < all.gate_count() && all.dz.size() != 0; ++g) store(all.symbol("dz", g), all.dz, g);
        if (!all.of.words.dq.empty() && all.du.size() != 0) store(all.of.words.dq, all.du, all.gate_count() - 1);
    }

    /// What was computed from x and the state, formula by formula. A formula sees those before it.
    void forward() {
        for (const cell_formula& f : all.of.words.forward) line(f);
    }
    /// The way back, with what the step after gave to this one, and what this one gives to the step before.
    void backward(known_values& carried) {
        known.insert(stored.begin(), stored.end());
        if (!comes_back()) carried.clear();
        for (const cell_formula& f : all.of.words.backward)
            if (left(f) == "dh")
                gradient_of_state(f, carried);
            else if (right(f).ends_with("ᵀ"))
                through_U(f);
            else
                line(f, &carried);
    }

  private:
    using numbers_type = explaining::numbers;

    static std::string_view left(const cell_formula& f) { return f.text.substr(0, f.text.find(" = ")); }
    static std::string_view right(const cell_formula& f) { return f.text.substr(f.text.find(" = ") + 3); }

    [[nodiscard]] std::size_t row(std::size_t step) const { return n * all.steps() + all.at(step); }
    [[nodiscard]] std::size_t row() const { return row(i); }
    /// "0,2": row and step.
    [[nodiscard]] std::string place(std::size_t step) const { return std::to_string(n) + "," + std::to_string(all.at(step)); }
    /// Whether a gradient comes back to this step from the one after: not where there is none, nor over the border of truncation.
    [[nodiscard]] bool comes_back() const {
        const std::size_t after = i + 1;
        return after < all.steps() && (all.of.truncate == 0 || after % all.of.truncate != 0);
    }

    /// "c = f ∘ c′ + i ∘ g = 0.9·0 + 0.6·1 = 0.6". Of what is carried from the step after, dc′ in "dc = dc′ + …", nothing
    /// is said where nothing comes.
    void line(const cell_formula& f, known_values* carried = nullptr) {
        const std::string name(left(f));
        std::string_view formula = right(f);
        std::string words, text;
        double value = 0;
        if (const std::string from_after = name + "′ + "; carried != nullptr && formula.starts_with(from_after)) {
            formula.remove_prefix(from_after.size());
            if (const auto after = find(*carried, name + "′")) {
                words = name + "′ of the step after + ", text = out_.factor(*after) + " + ", value = *after;
            }
        }
        const expression e(out_, formula, [&](std::string_view s) { return look_up(s); }, all.of.f.name);
        value = find(stored, name).value_or(value + e.value);
        if (!f.id.empty())
            out_.numeric(name + " = " + words + std::string(with_function(" " + std::string(formula), all.of.f.name).substr(1)) + " = " + text + e.text + " = " + out_.number(value) +
                         mark(f.id));
        if (carried != nullptr && name.ends_with("′"))
            (*carried)[name] = value;
        else
            known[name] = value;
    }
    std::optional<double> look_up(std::string_view s) {
        if (s.starts_with("f'(")) return all.slopes[row() * all.units() + h];
        if (!find(known, s))
            for (std::size_t g = 0; g < all.gate_count(); ++g)
                if (s == all.symbol(all.of.words.z, g) || s == all.symbol("u", g)) sums(g);
        return find(known, s);
    }
    /// "z_i = Σⱼ x[0,1,j] W[j,0] + b[0] = …", "u_i = Σⱼ h′[0,1,j] U[j,0] = …": of gate g what x makes, and what the state does.
    void sums(std::size_t g) {
        const std::size_t at = g * all.units() + h;
        const std::string column = std::to_string(at), z = all.symbol(all.of.words.z, g), u = all.symbol("u", g);
        const affine_entry of_x(all.x, all.W, all.b, row(), at);
        out_.numeric(z + " = Σⱼ x[" + place(i) + ",j] W[j," + column + "] + b[" + column + "] = " + out_.sum(of_x.terms) + " + " +
                     out_.factor(all.b[at]) + " = " + out_.number(of_x.z));
        const bool of_h = g < all.of.gates_of_h;
        const std::string state = of_h ? "h′" : std::string(all.of.kept_names[0]);
        std::vector<term> terms;
        for (std::size_t j = 0; j < all.units(); ++j)
            terms.push_back({(of_h ? all.h_before : all.kept).at(row(), j), all.U.at(j, at)});
        known[z] = of_x.z, known[u] = value_of(terms);
        out_.numeric(u + " = Σⱼ " + state + "[" + place(i) + ",j] U[j," + column + "] = " + out_.sum(terms) + " = " +
                     out_.number(known[u]));
    }

    [[nodiscard]] static double value_of(const std::vector<term>& terms) {
        double sum = 0;
        for (const term& t : terms) sum += t.a * t.b;
        return sum;
    }
    /// Σⱼ du[n,t,j] U[h,j] of a step, for the columns from `first` on.
    [[nodiscard]] std::vector<term> back_terms(std::size_t step, std::size_t first, std::size_t end) const {
        std::vector<term> terms;
        for (std::size_t j = first; j < end; ++j) terms.push_back({all.du.at(row(step), j), all.U.at(h, j)});
        return terms;
    }
    /// "ds = dz_n U_nᵀ": of one gate, in this step.
    void through_U(const cell_formula& f) {
        const std::string_view formula = right(f), dz = formula.substr(0, formula.find(' '));
        std::size_t g = 0;
        while (g + 1 < all.gate_count() && all.symbol("dz", g) != dz) ++g;
        const auto terms = back_terms(i, g * all.units(), (g + 1) * all.units());
        const std::string name(left(f));
        known[name] = value_of(terms);
        out_.numeric(name + " = Σⱼ " + std::string(dz) + "[" + place(i) + ",j] " + all.symbol("U", g) + "[" + std::to_string(h) +
                     ",j] = " + out_.sum(terms) + " = " + out_.number(known[name]) + mark(f.id));
    }
    /// dh = dy + what the step after gave back: dh′, and what comes through the columns of U that h is multiplied with.
    void gradient_of_state(const cell_formula& f, const known_values& carried) {
        const std::size_t after = i + 1;
        const bool last = after == all.steps();
        const bool every_step = all.dy.shape.size() == 3;  // else dy of the last step alone
        std::string formula, values;
        double dh = 0;
        const auto add = [&](const std::string& what, const std::string& with) {
            formula += (formula.empty() ? "" : " + ") + what, values += (values.empty() ? "" : " + ") + with;
        };
        if (every_step || last) {
            const double dy = every_step ? all.dy.at(row(), h) : all.dy.at(n, h);
            add("dy[" + (every_step ? place(i) : std::to_string(n)) + "," + std::to_string(h) + "]", out_.factor(dy));
            dh += dy;
        }
        if (comes_back()) {
            const auto terms = back_terms(after, 0, all.of.gates_of_h * all.units());
            for (const cell_formula& g : all.of.words.backward)
                if (left(g) == "dh′") {
                    const double given = find(carried, "dh′").value_or(0);
                    const std::string words(right(g));
                    add((words.find(" + ") == std::string::npos ? words : "(" + words + ")") + " of the step after", out_.factor(given));
                    dh += given;
                }
            add(std::string("Σⱼ ") + (all.of.own_du ? "du" : "dz") + "[" + place(after) + ",j] U[" + std::to_string(h) + ",j]", out_.sum(terms));
            dh += value_of(terms);
        }
        if (!last && !comes_back()) out_.numeric("no gradient comes back over the border: backpropagation is truncated here");
        if (formula.empty()) add("nothing", out_.factor(dh));
        if (values != out_.factor(dh)) formula += " = " + values;
        out_.numeric("dh = " + formula + " = " + out_.number(dh) + mark(f.id));
        known["dh"] = dh;
    }

    page& out_;
    const recurrent_numbers& all;
    std::size_t n, i, h;
    known_values known, stored;  // what a formula may see; what the layer computed
};

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
/// What a cell learns beside W, U and b.
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

/// dW, dU, db, dx; of the first columns dU is of h′, of the others of what the cell kept.
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
        outer_entry(out, "dU", k, h ? "h′" : std::string(r.kept_names[0]), h ? all.h_before : all.kept, r.own_du ? "du" : "dz", all.du, dU);
    }
    out.more(dU.size());
    out.line("db = Σₙₜ dz   [recurrent.db]");
    column_sums(out, "db", all.dz, numbers_of(r.db));
}

/// \throws error where a cell does not name what its formulas are about.
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
