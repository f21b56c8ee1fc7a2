#pragma once
/// \file
/// One unit of a recurrent layer in one step: every formula with its numbers, forward and backward.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/inspect/explanation/expression.hpp"
#include "gradus/inspect/explanation/page.hpp"
#include "gradus/inspect/explanation/statements.hpp"
#include "gradus/nn/statement.hpp"

namespace gradus::explaining {

/// A recurrence as plain numbers (N, T, ...). h_before and c_before are the states before each step.
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
    /// The index of the i-th step in time.
    [[nodiscard]] std::size_t at(std::size_t i) const { return of.reverse ? steps() - 1 - i : i; }
    /// "z_i" for gate g; "z" if gates have no names.
    [[nodiscard]] std::string symbol(std::string_view kind, std::size_t g) const {
        return of.gate_names.empty() ? std::string(kind) : message({kind, "_", of.gate_names[g]});
    }

  private:
    /// The first H columns of `state` (N, T, K·H) before each step; before the first step `first`, or 0.
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

    /// The forward formulas, from x and the state. A formula can use the results of those before it.
    void forward() {
        for (const cell_formula& f : all.of.words.forward) line(f);
    }
    /// The backward formulas. `carried`: gradients from the next step, then those for the previous step.
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
    /// Whether the next step sends a gradient back to this one: not after the last step, nor across a truncation.
    [[nodiscard]] bool comes_back() const {
        const std::size_t after = i + 1;
        return after < all.steps() && (all.of.truncate == 0 || after % all.of.truncate != 0);
    }

    /// "c = f ∘ c′ + i ∘ g = 0.9·0 + 0.6·1 = 0.6". The part carried from the next step, dc′ in "dc = dc′ + …", is left
    /// out if there is none.
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
            out_.numeric(with_function(name + " = " + words + std::string(formula), all.of.f.name) + " = " + text + e.text +
                         " = " + out_.number(value) + mark(f.id));
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
    /// "z_i = Σⱼ x[0,1,j] W[j,0] + b[0] = …", "u_i = Σⱼ h′[0,1,j] U[j,0] = …": the two sums of gate g.
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
    /// Σⱼ du[n,t,j] U[h,j] of a step, for the columns j from `first` to `end`.
    [[nodiscard]] std::vector<term> back_terms(std::size_t step, std::size_t first, std::size_t end) const {
        std::vector<term> terms;
        for (std::size_t j = first; j < end; ++j) terms.push_back({all.du.at(row(step), j), all.U.at(h, j)});
        return terms;
    }
    /// "ds = dz_n U_nᵀ": for one gate, in this step.
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
    /// dh = dy + the gradient from the next step: dh′, and what comes through the columns of U that multiply h.
    void gradient_of_state(const cell_formula& f, const known_values& carried) {
        const std::size_t after = i + 1;
        const bool last = after == all.steps();
        const bool every_step = all.dy.shape.size() == 3;  // else dy of the last step only
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
                    const bool sum = words.find(" + ") != std::string::npos;
                    add((sum ? "(" + words + ")" : words) + " of the step after", out_.factor(given));
                    dh += given;
                }
            add(std::string("Σⱼ ") + (all.of.own_du ? "du" : "dz") + "[" + place(after) + ",j] U[" + std::to_string(h) + ",j]",
                out_.sum(terms));
            dh += value_of(terms);
        }
        if (!last && !comes_back())
            out_.numeric("no gradient comes back over the border: backpropagation is truncated here");
        if (formula.empty()) add("nothing", out_.factor(dh));
        if (values != out_.factor(dh)) formula += " = " + values;
        out_.numeric("dh = " + formula + " = " + out_.number(dh) + mark(f.id));
        known["dh"] = dh;
    }

    page& out_;
    const recurrent_numbers& all;
    std::size_t n, i, h;
    known_values known, stored;  // what a formula can use; what the layer computed
};

}  // namespace gradus::explaining
