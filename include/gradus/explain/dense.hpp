#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "gradus/explain/page.hpp"
#include "gradus/layers/dense.hpp"

namespace gradus {

namespace explaining {

/// f of a dense layer, as far as text needs it.
struct activation_words {
    std::string_view name, formula;
    bool reads_y = true;
    bool on_rows = false;            // softmax: no f' to multiply by
    std::vector<double> derivative;  // f' of each element, for the backward

    [[nodiscard]] bool linear() const { return name == "identity"; }
};

template <class T, class F>
[[nodiscard]] activation_words words_of(const dense_layer<T, F>&) {
    activation_words w;
    w.name = F::name;
    w.reads_y = F::backward_reads == reads::y;
    w.on_rows = row_activation<F>;
    if constexpr (requires { F::formula; }) w.formula = F::formula;
    return w;
}

/// f' of each z or y that is read.
template <class T, class F, class X>
[[nodiscard]] std::vector<double> derivatives(const dense_layer<T, F>& layer, const X& read) {
    std::vector<double> out;
    if constexpr (element_activation<F>) {
        for (T r : flat(read)) out.push_back(static_cast<double>(layer.f.derivative(static_cast<double>(r))));
    } else if constexpr (learnt_activation<F>) {
        X one(read.shape(), T(1)), dz(read.shape());
        auto grad = layer.theta.f;
        layer.f.activate_backward(layer.theta.f, read, one, dz, grad);
        out = numbers_of(dz).values;
    }
    return out;
}

/// z[n,o] = Σᵢ x[n,i] W[i,o] + b[o], in double, with its terms.
struct dense_row {
    std::vector<term> terms;
    double z = 0;

    dense_row(const numbers& x, const numbers& W, const numbers& b, std::size_t n, std::size_t o) : z(b[o]) {
        for (std::size_t i = 0; i < x.columns(); ++i) {
            terms.push_back({x.at(n, i), W.at(i, o)});
            z += x.at(n, i) * W.at(i, o);
        }
    }
};

inline void dense_forward(page& out, const activation_words& f, const numbers& x, const numbers& W, const numbers& b,
                          const numbers& y) {
    out.line("x " + shape_text(x.shape) + "   W " + shape_text(W.shape) + "   b " + shape_text(b.shape) + "   z, y " +
             shape_text(y.shape));
    out.line("z = xW + b   y = " +
             (f.linear() ? std::string("z")
                         : std::string(f.name) + "(z)" + (f.formula.empty() ? "" : " = " + std::string(f.formula))) +
             "   [dense.forward]");
    for (std::size_t k : out.first(y.size())) {
        const std::size_t n = k / y.columns(), o = k % y.columns();
        const dense_row row(x, W, b, n, o);
        const std::string at = y.place(k), lead = y.place(k, 1), column = std::to_string(o);
        out.numeric("z[" + at + "] = Σᵢ x[" + lead + ",i] W[i," + column + "] + b[" + column +
                    "] = " + out.sum(row.terms) + " + " + out.factor(b[o]) + " = " + out.number(row.z));
        if (!f.on_rows)
            out.numeric("y[" + at +
                        "] = " + (f.linear() ? "z[" + at + "]" : std::string(f.name) + "(" + out.number(row.z) + ")") +
                        " = " + out.number(y[k]));
        else
            out.numeric("y[" + at + "] = " + std::string(f.name) + "(z[" + lead + ",:])[" + column +
                        "] = " + out.number(y[k]));
    }
    out.more(y.size());
}

/// dC[i,o] = Σₙ a[n,i] b[n,o]: entry k of aᵀ b.
inline void outer_entry(page& out, const std::string& name, std::size_t k, const std::string& a_name, const numbers& a,
                        const std::string& b_name, const numbers& b, const numbers& dC) {
    const std::size_t i = k / dC.columns(), o = k % dC.columns();
    const bool steps = a.shape.size() == 3;
    const std::string at = steps ? "[n,t," : "[n,";
    std::vector<term> terms;
    for (std::size_t n = 0; n < a.rows(); ++n) terms.push_back({a.at(n, i), b.at(n, o)});
    out.numeric(name + "[" + dC.place(k) + "] = " + (steps ? "Σₙₜ " : "Σₙ ") + a_name + at + std::to_string(i) + "] " + b_name +
                at + std::to_string(o) + "] = " + out.sum(terms) + " = " + out.number(dC[k]));
}
/// db[o] = Σₙ dz[n,o].
inline void column_sums(page& out, const std::string& name, const numbers& dz, const numbers& db) {
    for (std::size_t o : out.entries(db)) {
        std::vector<term> terms;
        for (std::size_t n = 0; n < dz.rows(); ++n) terms.push_back({dz.at(n, o), 1, true});
        out.numeric(name + "[" + std::to_string(o) + "] = " + (terms.size() > 1 ? out.sum(terms) + " = " : "") +
                    out.number(db[o]));
    }
    out.more(db.size());
}
/// dx = dz Wᵀ of the layer whose formulas are called so.
inline void input_gradient(page& out, const std::string& ids, const numbers& x, const numbers& W, const numbers& dz,
                           const numbers& dx) {
    const bool read = dx.shape == x.shape;
    out.line("dx = dz Wᵀ   [" + ids + ".dx]" + (read ? "" : "   is not computed: nobody reads it"));
    if (!read) return;
    for (std::size_t k : out.first(dx.size())) {
        const std::size_t n = k / dx.columns(), i = k % dx.columns();
        std::vector<term> terms;
        for (std::size_t o = 0; o < dz.columns(); ++o) terms.push_back({dz.at(n, o), W.at(i, o)});
        out.numeric("dx[" + dx.place(k) + "] = Σⱼ dz[" + dx.place(k, 1) + ",j] W[" + std::to_string(i) +
                    ",j] = " + out.sum(terms) + " = " + out.number(dx[k]));
    }
    out.more(dx.size());
}

inline void dense_backward(page& out, const activation_words& f, const numbers& x, const numbers& W,
                           const numbers& read, const numbers& dy, const numbers& dz, const numbers& dW,
                           const numbers& db, const numbers& dx) {
    const std::string r = f.reads_y ? "y" : "z", name(f.name);
    out.line(f.linear() ? "dz = dy   (f is the identity)   [dense.dz]" : "dz = dy ∘ f'(z)   [dense.dz]");
    for (std::size_t k : out.first(f.linear() ? 0 : dz.size())) {
        const std::size_t n = k / dz.columns();
        const std::string at = dz.place(k), lead = dz.place(k, 1);
        if (!f.on_rows) {
            out.numeric("dz[" + at + "] = dy[" + at + "] " + name + "'(z[" + at + "]) = " + out.factor(dy[k]) + "·" +
                        out.factor(f.derivative[k]) + " = " + out.number(dz[k]));
        } else if (name == "softmax") {  // y (dy − Σⱼ dyⱼ yⱼ)
            std::vector<term> dot;
            for (std::size_t j = 0; j < dy.columns(); ++j) dot.push_back({dy.at(n, j), read.at(n, j)});
            out.numeric("dz[" + at + "] = y (dy − Σⱼ dy[" + lead + ",j] y[" + lead + ",j]) = " + out.factor(read[k]) +
                        "·(" + out.number(dy[k]) + " − (" + out.sum(dot) + ")) = " + out.number(dz[k]));
        } else {  // another function of rows
            out.numeric("dz[" + at + "] = (Jᵀ dy[" + lead + ",:])[" + std::to_string(k % dz.columns()) +
                        "] = " + out.number(dz[k]) + "   with J = ∂y/∂z of the row");
        }
    }
    if (!f.linear()) out.more(dz.size());

    out.line("dW = xᵀ dz   [dense.dW]");
    for (std::size_t k : out.entries(dW)) outer_entry(out, "dW", k, "x", x, "dz", dz, dW);
    out.more(dW.size());
    out.line("db = Σₙ dzₙ   [dense.db]");
    column_sums(out, "db", dz, db);
    input_gradient(out, "dense", x, W, dz, dx);
}

}  // namespace explaining

template <class T, class F, class X, class C>
void explain_forward(explaining::page& out, const dense_layer<T, F>& layer, const X& x, const C& c) {
    using explaining::numbers_of;
    explaining::dense_forward(out, explaining::words_of(layer), numbers_of(x), numbers_of(layer.theta.W),
                              numbers_of(layer.theta.b), numbers_of(c.y));
    if constexpr (learnt_activation<F>)
        each([&](const entry& e, const auto& t) { out.show(e.path(), numbers_of(t)); }, layer.theta.f);
}

template <class T, class F, class X, class C, class G>
void explain_backward(explaining::page& out, const dense_layer<T, F>& layer, const X& x, const X& dy, const C& c,
                      const G& grad, const X& dx) {
    using explaining::numbers_of;
    auto f = explaining::words_of(layer);
    const X& read = f.reads_y ? c.y : c.z;
    f.derivative = explaining::derivatives(layer, read);
    explaining::dense_backward(out, f, numbers_of(x), numbers_of(layer.theta.W), numbers_of(read),
                               numbers_of(dy), numbers_of(f.linear() ? dy : c.dz), numbers_of(grad.W),
                               numbers_of(grad.b), numbers_of(dx));
    if constexpr (learnt_activation<F>)
        each([&](const entry& e, const auto& t) { out.show("d" + e.path(), numbers_of(t)); }, grad.f);
}

}  // namespace gradus
