#pragma once
/// \file
/// An embedding: which row of E an index took, and what came back for it.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gradus/explain/page.hpp"

namespace gradus {

template <class T>
struct embedding_layer;  // known by name alone: who has one to explain has included it

namespace explaining {

inline void embedding_forward(page& out, const numbers& x, const numbers& E, const numbers& y) {
    out.line("x " + shape_text(x.shape) + "   E " + shape_text(E.shape) + "   y " + shape_text(y.shape));
    out.line("y = E[x]   [embedding.forward]");
    for (std::size_t k : out.first(y.size())) {
        const std::string d = std::to_string(k % y.columns());
        out.numeric("y[" + y.place(k) + "] = E[x[" + y.place(k, 1) + "]," + d + "] = E[" + out.number(x[k / y.columns()]) + "," + d +
                    "] = " + out.number(y[k]));
    }
    out.more(y.size());
}

inline void embedding_backward(page& out, const numbers& x, const numbers& dy, const numbers& dE, std::optional<std::size_t> padding) {
    const std::string at = dy.shape.size() == 3 ? "n,t" : "…";
    out.line("dE[v] = Σ dy[" + at + "] where x[" + at + "] = v   [embedding.dE]");
    if (padding) out.numeric("dE[" + std::to_string(*padding) + "] = 0: that index stands for no data");
    for (std::size_t k : out.entries(dE)) {
        const std::size_t v = k / dE.columns(), d = k % dE.columns();
        std::vector<term> terms;
        for (std::size_t r = 0; r < x.size() && padding != v; ++r)
            if (x[r] == static_cast<double>(v)) terms.push_back({dy.at(r, d), 1, true});
        out.numeric("dE[" + dE.place(k) + "] = " + (terms.size() > 1 ? out.sum(terms) + " = " : "") + out.number(dE[k]));
    }
    out.more(dE.size());
}

}  // namespace explaining

template <class T, class X, class C>
void explain_forward(explaining::page& out, const embedding_layer<T>& layer, const X& x, const C& c) {
    using explaining::numbers_of;
    explaining::embedding_forward(out, numbers_of(x), numbers_of(layer.theta.E), numbers_of(c.y));
}

template <class T, class X, class Y, class C, class G>
void explain_backward(explaining::page& out, const embedding_layer<T>& layer, const X& x, const Y& dy, const C&, const G& grad, const X&) {
    using explaining::numbers_of;
    std::optional<std::size_t> padding;
    if (layer.options.padding) padding = static_cast<std::size_t>(*layer.options.padding);
    explaining::embedding_backward(out, numbers_of(x), numbers_of(dy), numbers_of(grad.E), padding);
}

}  // namespace gradus
