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
    double (*value)(double) = nullptr;       // null: f acts on rows (softmax)
    double (*derivative)(double) = nullptr;  // of z or y

    [[nodiscard]] bool linear() const { return name == "identity"; }
};

template <class F>
[[nodiscard]] activation_words words_of() {
    activation_words w;
    w.name = F::name;
    w.reads_y = F::backward_reads == reads::y;
    if constexpr (requires { F::formula; }) w.formula = F::formula;
    if constexpr (element_activation<F>) {
        w.value = [](double z) { return static_cast<double>(F::value(z)); };
        w.derivative = [](double r) { return static_cast<double>(F::derivative(r)); };
    }
    return w;
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
        if (f.value != nullptr)
            out.numeric("y[" + at +
                        "] = " + (f.linear() ? "z[" + at + "]" : std::string(f.name) + "(" + out.number(row.z) + ")") +
                        " = " + out.number(y[k]));
        else
            out.numeric("y[" + at + "] = " + std::string(f.name) + "(z[" + lead + ",:])[" + column +
                        "] = " + out.number(y[k]));
    }
    out.more(y.size());
}

inline void dense_backward(page& out, const activation_words& f, const numbers& x, const numbers& W,
                           const numbers& read, const numbers& dy, const numbers& dz, const numbers& dW,
                           const numbers& db, const numbers& dx) {
    const std::string r = f.reads_y ? "y" : "z", name(f.name);
    out.line(f.linear() ? "dz = dy   (f is the identity)   [dense.dz]" : "dz = dy ∘ f'(z)   [dense.dz]");
    for (std::size_t k : out.first(f.linear() ? 0 : dz.size())) {
        const std::size_t n = k / dz.columns();
        const std::string at = dz.place(k), lead = dz.place(k, 1);
        if (f.derivative != nullptr) {
            out.numeric("dz[" + at + "] = dy[" + at + "] " + name + "'(z[" + at + "]) = " + out.factor(dy[k]) + "·" +
                        out.factor(f.derivative(read[k])) + " = " + out.number(dz[k]));
        } else {  // y (dy − Σⱼ dyⱼ yⱼ)
            std::vector<term> dot;
            for (std::size_t j = 0; j < dy.columns(); ++j) dot.push_back({dy.at(n, j), read.at(n, j)});
            out.numeric("dz[" + at + "] = y (dy − Σⱼ dy[" + lead + ",j] y[" + lead + ",j]) = " + out.factor(read[k]) +
                        "·(" + out.number(dy[k]) + " − (" + out.sum(dot) + ")) = " + out.number(dz[k]));
        }
    }
    if (!f.linear()) out.more(dz.size());

    out.line("dW = xᵀ dz   [dense.dW]");
    for (std::size_t k : out.entries(dW)) {
        const std::size_t i = k / dW.columns(), o = k % dW.columns();
        std::vector<term> terms;
        for (std::size_t n = 0; n < x.rows(); ++n) terms.push_back({x.at(n, i), dz.at(n, o)});
        out.numeric("dW[" + dW.place(k) + "] = Σₙ x[n," + std::to_string(i) + "] dz[n," + std::to_string(o) +
                    "] = " + out.sum(terms) + " = " + out.number(dW[k]));
    }
    out.more(dW.size());

    out.line("db = Σₙ dzₙ   [dense.db]");
    for (std::size_t o : out.entries(db)) {
        std::vector<term> terms;
        for (std::size_t n = 0; n < dz.rows(); ++n) terms.push_back({dz.at(n, o), 1, true});
        out.numeric("db[" + std::to_string(o) + "] = " + (terms.size() > 1 ? out.sum(terms) + " = " : "") +
                    out.number(db[o]));
    }
    out.more(db.size());

    if (dx.shape != x.shape) {
        out.line("dx = dz Wᵀ   [dense.dx]   is not computed: nobody reads it");
        return;
    }
    out.line("dx = dz Wᵀ   [dense.dx]");
    for (std::size_t k : out.first(dx.size())) {
        const std::size_t n = k / dx.columns(), i = k % dx.columns();
        std::vector<term> terms;
        for (std::size_t o = 0; o < dz.columns(); ++o) terms.push_back({dz.at(n, o), W.at(i, o)});
        out.numeric("dx[" + dx.place(k) + "] = Σⱼ dz[" + dx.place(k, 1) + ",j] W[" + std::to_string(i) +
                    ",j] = " + out.sum(terms) + " = " + out.number(dx[k]));
    }
    out.more(dx.size());
}

}  // namespace explaining

template <class T, class F, class X, class C>
void explain_forward(explaining::page& out, const dense_layer<T, F>& layer, const X& x, const C& c) {
    using explaining::numbers_of;
    explaining::dense_forward(out, explaining::words_of<F>(), numbers_of(x), numbers_of(layer.theta.W),
                              numbers_of(layer.theta.b), numbers_of(c.y));
}

template <class T, class F, class X, class C, class G>
void explain_backward(explaining::page& out, const dense_layer<T, F>& layer, const X& x, const X& dy, const C& c,
                      const G& grad, const X& dx) {
    using explaining::numbers_of;
    const auto f = explaining::words_of<F>();
    explaining::dense_backward(out, f, numbers_of(x), numbers_of(layer.theta.W), numbers_of(f.reads_y ? c.y : c.z),
                               numbers_of(dy), numbers_of(f.linear() ? dy : c.dz), numbers_of(grad.W),
                               numbers_of(grad.b), numbers_of(dx));
}

}  // namespace gradus
