#pragma once
/// \file
/// A statement of a layer (nn/statement.hpp), entry by entry with its numbers.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/inspect/explanation/expression.hpp"
#include "gradus/inspect/explanation/page.hpp"
#include "gradus/nn/statement.hpp"

namespace gradus::explaining {

/// "   [dense.dW]"
[[nodiscard]] inline std::string mark(std::string_view id) { return id.empty() ? "" : message({"   [", id, "]"}); }

/// A symbol with its numbers.
struct named_numbers : numbers {
    std::string name;
    explicit named_numbers(const symbol& s) : numbers(numbers_of(s.values)), name(s.name) {}
};

/// \throws error if the tensors of a statement do not fit together, instead of reading beyond their ends.
inline void require_fits(const statement& s) {
    const auto columns = [](const symbol& t) { return t.values.shape().empty() ? std::size_t{1} : t.values.shape().back(); };
    const auto rows = [&](const symbol& t) { return columns(t) == 0 ? 0 : t.values.size() / columns(t); };
    const auto &a = s.a, &b = s.b, &c = s.c, &r = s.result;
    const std::size_t n = r.values.size();
    const bool fits = [&] {
        switch (s.by) {
        case made_by::words:
        case made_by::elements: return true;  // these check themselves
        case made_by::affine:
            return columns(a) == rows(b) && columns(r) == columns(b) && rows(r) == rows(a) &&
                   (c.values.size() == 0 || c.values.size() == columns(b));
        case made_by::function:
            return s.f.name == "identity" ||
                   (a.values.size() == n && b.values.size() == n && (s.f.on_rows || c.values.size() == n));
        case made_by::outer: return rows(a) == rows(b) && columns(r) == columns(b) && rows(r) == columns(a);
        case made_by::column_sums: return columns(a) == n;
        case made_by::transposed: return n == 0 || (columns(a) == columns(b) && columns(r) == rows(b) && rows(r) == rows(a));
        case made_by::lookup: return rows(r) == a.values.size() && columns(r) == columns(b);
        case made_by::scatter: return rows(b) == a.values.size() && columns(r) == columns(b);
        }
        return false;
    }();
    if (fits) return;
    std::string all;
    for (const symbol* const t : {&r, &a, &b, &c})
        if (!t->name.empty()) all += message({all.empty() ? "" : ", ", t->name, " is ", shape_text(t->values.shape())});
    throw error(message({"explain: `", s.text, "` does not fit its tensors: ", all}));
}

/// z[n,o] = Σᵢ x[n,i] W[i,o] + b[o], in double, with its terms; b may be empty.
struct affine_entry {
    std::vector<term> terms;
    double z = 0;

    affine_entry(const numbers& x, const numbers& W, const numbers& b, std::size_t n, std::size_t o)
        : z(b.size() == 0 ? 0 : b[o]) {
        for (std::size_t i = 0; i < x.columns(); ++i) {
            terms.push_back({x.at(n, i), W.at(i, o)});
            z += x.at(n, i) * W.at(i, o);
        }
    }
};

inline void affine(page& out, const statement& s) {
    const named_numbers x(s.a), W(s.b), b(s.c), y(s.result);
    const std::string f(s.f.name);
    const bool linear = f == "identity";
    const auto shape = [](const named_numbers& t) { return t.name + " " + shape_text(t.shape); };
    const bool biased = b.size() != 0;
    out.line(shape(x) + "   " + shape(W) + "   " + (biased ? shape(b) + "   z, " : "z, ") + shape(y));
    out.line(std::string(s.text) + "   " + y.name + " = " +
             (linear ? "z" : f + "(z)" + (s.f.formula.empty() ? "" : " = " + std::string(s.f.formula))) + mark(s.id));
    for (std::size_t k : out.first(y.size())) {
        const std::size_t n = k / y.columns(), o = k % y.columns();
        const affine_entry row(x, W, b, n, o);
        const std::string at = y.place(k), lead = y.place(k, 1), column = std::to_string(o), z = out.number(row.z);
        out.numeric("z[" + at + "] = Σᵢ " + x.name + "[" + lead + ",i] " + W.name + "[i," + column + "]" +
                    (biased ? " + " + b.name + "[" + column + "]" : "") + " = " + out.sum(row.terms) +
                    (biased ? " + " + out.factor(b[o]) : "") + " = " + z);
        const std::string f_of_z = linear         ? "z[" + at + "]"
                                   : s.f.on_rows ? f + "(z[" + lead + ",:])[" + column + "]"
                                                  : f + "(" + z + ")";
        out.numeric(y.name + "[" + at + "] = " + f_of_z + " = " + out.number(y[k]));
    }
    out.more(y.size());
}

inline void function_backward(page& out, const statement& s) {
    const named_numbers dy(s.a), read(s.b), slope(s.c), dz(s.result);
    const std::string name(s.f.name);
    if (name == "identity") return out.line(dz.name + " = " + dy.name + "   (f is the identity)" + mark(s.id));
    out.line(std::string(s.text) + mark(s.id));
    for (std::size_t k : out.first(dz.size())) {
        const std::size_t n = k / dz.columns();
        const std::string at = dz.place(k), lead = dz.place(k, 1), entry = dz.name + "[" + at + "] = ";
        if (!s.f.on_rows) {
            out.numeric(entry + dy.name + "[" + at + "] " + name + "'(z[" + at + "]) = " + out.factor(dy[k]) + "·" +
                        out.factor(slope[k]) + " = " + out.number(dz[k]));
        } else if (name == "softmax") {  // y (dy − Σⱼ dyⱼ yⱼ)
            std::vector<term> dot;
            for (std::size_t j = 0; j < dy.columns(); ++j) dot.push_back({dy.at(n, j), read.at(n, j)});
            out.numeric(entry + "y (dy − Σⱼ dy[" + lead + ",j] y[" + lead + ",j]) = " + out.factor(read[k]) + "·(" +
                        out.number(dy[k]) + " − (" + out.sum(dot) + ")) = " + out.number(dz[k]));
        } else {  // another function of rows
            out.numeric(entry + "(Jᵀ dy[" + lead + ",:])[" + std::to_string(k % dz.columns()) + "] = " + out.number(dz[k]) +
                        "   with J = ∂y/∂z of the row");
        }
    }
    out.more(dz.size());
}

/// C[i,o] = Σₙ a[n,i] b[n,o]: entry k of aᵀ b.
inline void outer_entry(page& out, const std::string& name, std::size_t k, const std::string& a_name, const numbers& a,
                        const std::string& b_name, const numbers& b, const numbers& C) {
    const std::size_t i = k / C.columns(), o = k % C.columns();
    const bool steps = a.shape.size() == 3;
    const std::string at = steps ? "[n,t," : "[n,";
    std::vector<term> terms;
    for (std::size_t n = 0; n < a.rows(); ++n) terms.push_back({a.at(n, i), b.at(n, o)});
    out.numeric(name + "[" + C.place(k) + "] = " + (steps ? "Σₙₜ " : "Σₙ ") + a_name + at + std::to_string(i) + "] " + b_name +
                at + std::to_string(o) + "] = " + out.sum(terms) + " = " + out.number(C[k]));
}
inline void outer(page& out, const statement& s) {
    const named_numbers a(s.a), b(s.b), c(s.result);
    out.line(std::string(s.text) + mark(s.id));
    for (std::size_t k : out.entries(c)) outer_entry(out, c.name, k, a.name, a, b.name, b, c);
    out.more(c.size());
}

/// c[o] = Σₙ a[n,o].
inline void column_sums(page& out, const std::string& name, const numbers& a, const numbers& c) {
    for (std::size_t o : out.entries(c)) {
        std::vector<term> terms;
        for (std::size_t n = 0; n < a.rows(); ++n) terms.push_back({a.at(n, o), 1, true});
        out.numeric(name + "[" + std::to_string(o) + "] = " + (terms.size() > 1 ? out.sum(terms) + " = " : "") + out.number(c[o]));
    }
    out.more(c.size());
}

/// c = a bᵀ; empty if it was not computed because nothing uses it.
inline void transposed(page& out, const statement& s) {
    const named_numbers a(s.a), b(s.b), c(s.result);
    out.line(std::string(s.text) + mark(s.id) + (c.size() != 0 ? "" : "   is not computed: nobody reads it"));
    for (std::size_t k : out.first(c.size())) {
        const std::size_t n = k / c.columns(), i = k % c.columns();
        std::vector<term> terms;
        for (std::size_t o = 0; o < a.columns(); ++o) terms.push_back({a.at(n, o), b.at(i, o)});
        out.numeric(c.name + "[" + c.place(k) + "] = Σⱼ " + a.name + "[" + c.place(k, 1) + ",j] " + b.name + "[" +
                    std::to_string(i) + ",j] = " + out.sum(terms) + " = " + out.number(c[k]));
    }
    out.more(c.size());
}

inline void lookup(page& out, const statement& s) {
    const named_numbers x(s.a), E(s.b), y(s.result);
    out.line(x.name + " " + shape_text(x.shape) + "   " + E.name + " " + shape_text(E.shape) + "   " + y.name + " " +
             shape_text(y.shape));
    out.line(std::string(s.text) + mark(s.id));
    for (std::size_t k : out.first(y.size())) {
        const std::string d = std::to_string(k % y.columns());
        out.numeric(y.name + "[" + y.place(k) + "] = " + E.name + "[" + x.name + "[" + y.place(k, 1) + "]," + d + "] = " + E.name +
                    "[" + out.number(x[k / y.columns()]) + "," + d + "] = " + out.number(y[k]));
    }
    out.more(y.size());
}
inline void scatter(page& out, const statement& s) {
    const named_numbers x(s.a), dy(s.b), dE(s.result);
    out.line(std::string(s.text) + mark(s.id));
    if (s.padding) out.numeric(dE.name + "[" + std::to_string(*s.padding) + "] = 0: that index stands for no data");
    for (std::size_t k : out.entries(dE)) {
        const std::size_t v = k / dE.columns(), d = k % dE.columns();
        std::vector<term> terms;
        for (std::size_t r = 0; r < x.size() && s.padding != v; ++r)
            if (x[r] == static_cast<double>(v)) terms.push_back({dy.at(r, d), 1, true});
        out.numeric(dE.name + "[" + dE.place(k) + "] = " + (terms.size() > 1 ? out.sum(terms) + " = " : "") + out.number(dE[k]));
    }
    out.more(dE.size());
}

inline void elements(page& out, const statement& s) {
    const named_numbers c(s.result), all[] = {named_numbers(s.a), named_numbers(s.b), named_numbers(s.c)};
    out.line(with_function(s.text, s.f.name) + mark(s.id));
    const auto right = s.text.find(" = ");
    if (right == std::string_view::npos) throw error(message({"explain: `", s.text, "` says nothing of how it is computed: there is no ' = '"}));
    for (std::size_t k : out.first(c.size())) {
        const auto value = [&](std::string_view symbol) -> std::optional<double> {
            for (const named_numbers& a : all)
                if (a.name == symbol) {  // as large as the result, or one value per column, or one for all
                    if (a.size() != c.size() && a.size() != c.columns() && a.size() != 1)
                        throw error(message({"explain: `", s.text, "`: ", a.name, " is ", shape_text(a.shape), ", ", c.name, " is ",
                                             shape_text(c.shape)}));
                    return a[k % a.size()];
                }
            return std::nullopt;
        };
        const expression e(out, s.text.substr(right + 3), value, s.f.name);
        out.numeric(c.name + "[" + c.place(k) + "] = " + e.text + " = " + out.number(c[k]));
    }
    out.more(c.size());
}

/// \throws error if its tensors do not fit, or its text names a symbol that it does not have.
inline void write(page& out, const statement& s) {
    require_fits(s);
    switch (s.by) {
    case made_by::words:
        out.line(std::string(s.text) + mark(s.id));
        if (s.result.values.size() != 0) out.show(std::string(s.result.name), numbers_of(s.result.values));
        return;
    case made_by::affine: return affine(out, s);
    case made_by::function: return function_backward(out, s);
    case made_by::outer: return outer(out, s);
    case made_by::column_sums:
        out.line(std::string(s.text) + mark(s.id));
        return column_sums(out, std::string(s.result.name), numbers_of(s.a.values), numbers_of(s.result.values));
    case made_by::transposed: return transposed(out, s);
    case made_by::lookup: return lookup(out, s);
    case made_by::scatter: return scatter(out, s);
    case made_by::elements: return elements(out, s);
    }
}

}  // namespace gradus::explaining
