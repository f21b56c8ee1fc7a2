#pragma once
/// \file
/// One training step, every formula with its numbers, as text: `gr::explain(net, J, descend, x, y)`.
///
/// A layer without words of its own is shown by its `formula` and what goes in and out of it. To show more, its author
/// writes beside it, in its namespace,
/// ```cpp
/// void explain_forward(gr::explaining::page&, const my_layer&, const X& x, const my_layer::cache<X>&);
/// void explain_backward(gr::explaining::page&, const my_layer&, const X& x, const Y& dy, const my_layer::cache<X>&,
///                       const my_layer::parameters& grad, const X& dx);
/// ```
/// either or both, and they are found by argument-dependent look-up, as those of dense are. The same holds for a loss
/// with `explain_loss(gr::explaining::page&, const J&, const gr::explaining::loss_numbers&)`.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "gradus/core/forwarded.hpp"
#include "gradus/core/layer.hpp"
#include "gradus/explain/dense.hpp"
#include "gradus/explain/embedding.hpp"
#include "gradus/explain/losses.hpp"
#include "gradus/explain/page.hpp"
#include "gradus/explain/recurrent.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

namespace explaining {

/// The entries of a tensor, or of each tensor in a struct of them; of what nobody computed, as dx of a first layer, nothing.
template <class X>
void show(page& out, const std::string& name, const X& x) {
    if constexpr (!any_tensor<X>)
        each([&](const entry& e, const auto& t) { show(out, name + "." + e.path(), t); }, x);
    else if (x.size() != 0)
        out.show(name, numbers_of(x));
}

template <class L>
[[nodiscard]] std::string title(const L&, const std::string& path) {
    std::string name = "layer";
    if constexpr (requires { std::string(L::name); }) name = std::string(L::name);
    return path.empty() ? name : path + " " + name;
}

/// "y = f(x ∗ W + b)   f(z) = relu(z) = max(z, 0)"; nothing where the layer says no formula.
template <class L>
void write_formula(page& out, const L& layer) {
    if constexpr (requires { std::string_view(L::formula); }) {
        std::string line(L::formula);  // of layers without θ only what y is
        if (!line.starts_with("y = ")) line.insert(0, "y = ");
        if constexpr (requires { std::string_view(layer.f.formula); })
            line += "   f(z) = " + std::string(layer.f.name) + "(z) = " + std::string(layer.f.formula);
        out.line(line);
    }
}

/// Writes down what a layer's forward made of x.
template <class L, class X, class C>
void write_forward(page& out, const L& layer, const X& x, const C& c, const std::string& path) {
    out.part(title(layer, path));
    if constexpr (requires { explain_forward(out, layer, x, c); }) {
        explain_forward(out, layer, x, c);
    } else {
        write_formula(out, layer);
        show(out, "x", x);
        each([&](const entry& e, const auto& t) { out.show(e.path(), numbers_of(t)); }, layer);
        show(out, "y", output(c));
    }
}

/// The call of a backward that writes down what each layer does. Containers have nothing to show but what is in them.
struct shown_backward {
    page& out;
    const entry* parent = nullptr;

    template <class L, class X, class Y, class C, class G>
    const auto& operator()(const entry& step, const L& layer, const X& x, const Y& dy, C& c, G& grad, const context& ctx) const {
        const entry e = step.below(parent);
        return run(e, &e, layer, x, dy, c, grad, ctx);
    }
    /// \tparam C the layer's cache
    template <class L, class X, class Y, class C, class G>
    const auto& run(const entry& e, const entry* below, const L& layer, const X& x, const Y& dy, C& c, G& grad,
                    const context& ctx) const {
        constexpr bool has_words = requires(const X& dx) { explain_backward(out, layer, x, dy, c, grad, dx); };
        if constexpr (!has_words && requires { layer.backward_by(*this, x, dy, c, grad, ctx); }) {
            return layer.backward_by(shown_backward{out, below}, x, dy, c, grad, ctx);
        } else {
            const auto& dx = gradus::backward(layer, x, dy, c, grad, ctx);
            out.part(title(layer, e.path()));
            if constexpr (has_words) {
                explain_backward(out, layer, x, dy, c, grad, dx);
            } else {
                show(out, "dy", dy);
                each([&](const entry& of, const auto& t) { out.show("d" + of.path(), numbers_of(t)); }, grad);
                show(out, "dx", dx);
            }
            return dx;
        }
    }
};

/// J and ∂J/∂ŷ.
template <class J, class Y, class Target>
void write_loss(page& out, const J& loss, const Y& y_hat, const Target& y, const Y& dy, double value) {
    out.part(title(loss, ""));
    if constexpr (requires { J::formula; })
        out.line(std::string(J::formula) + "   [" + std::string(J::name) + ".forward]");
    if constexpr (requires { J::gradient_formula; })
        out.line(std::string(J::gradient_formula) + "   [" + std::string(J::name) + ".backward]");
    if (losses::is_sum(loss)) out.line("as a sum: divided by 1");
    const loss_numbers v{numbers_of(y_hat), numbers_of(y), numbers_of(dy), value, losses::divisor(loss, y_hat, y, {})};
    if constexpr (requires { explain_loss(out, loss, v); }) {
        explain_loss(out, loss, v);
    } else {
        bare(out, v);
    }
}

/// What Adam makes of its slots: the moments without the bias towards their zero beginning.
[[nodiscard]] inline std::string explain_slots(const page& out, const adam& o, std::uint64_t t, double m, double v) {
    const auto steps = static_cast<double>(t);
    return "m̂: " + out.number(m / (1 - std::pow(o.beta1, steps))) +
           "   v̂: " + out.number(v / (1 - std::pow(o.beta2, steps)));
}

/// The formula of step t, run on element i of a tensor: "W[0,1]: g = 0.2   m: 0 → 0.02   θ: 1 → 0.9".
template <class T, class Options>
void write_element(page& out, const optimizer_of<Options>& next, const parameter_ref& p, const parameter_ref& grad,
                   const std::string& place, std::size_t in_slot, std::size_t i) {
    std::array<T, Options::slots.size()> before{}, after{};
    for (std::size_t k = 0; k < before.size(); ++k)
        std::memcpy(&before[k], next.kept(k).data() + in_slot + i * sizeof(T), sizeof(T));
    after = before;
    const T from = p.values.as<T>()[i], g = grad.values.as<T>()[i];
    T to = from;
    std::apply([&](auto&... s) { next.template formula<T>(*p.place)(to, g, s...); }, after);
    std::string line = p.path() + "[" + place + "]: g = " + out.number(static_cast<double>(g));
    const auto moved = [&](std::string_view name, T old, T now) {
        line.append("   ").append(name).append(": ").append(out.number(static_cast<double>(old)));
        line.append(" → ").append(out.number(static_cast<double>(now)));
    };
    for (std::size_t k = 0; k < before.size(); ++k) moved(Options::slots[k], before[k], after[k]);
    std::apply(
        [&](auto... s) {
            if constexpr (requires { explain_slots(out, next.options, next.t, double(s)...); })
                line += "   " + explain_slots(out, next.options, next.t, double(s)...);
        },
        after);
    moved("θ", from, to);
    out.numeric(line);
}

/// The step of the optimizer: its formulas, and for the entries shown the same formulas run on plain numbers.
template <class Options>
void write_step(page& out, const optimizer_of<Options>& descend, const parameter_list& theta, const parameter_list& grad) {
    const Options& o = descend.options;
    auto next = descend;  // as it will be in the step
    next.begin();
    std::string head(Options::name);
    if constexpr (requires { o.constants(); })
        for (const auto& [symbol, value] : o.constants())
            head += ", " + std::string(symbol) + " = " + out.number(value);
    out.part(head + ", step t = " + std::to_string(next.t));
    if constexpr (requires { o.statements(); })
        for (std::string_view formula : o.statements()) out.line(formula);
    else if constexpr (requires { Options::formulas; })
        for (std::string_view formula : Options::formulas) out.line(formula);
    std::size_t in_slot = 0;
    for (std::size_t k = 0; k < theta.size(); ++k) {
        const parameter_ref& p = theta[k];
        if (!p.is_tensor()) continue;
        if (next.moves(*p.place, k)) {
            const numbers shown = numbers_of(grad[k].values);
            for (std::size_t i : out.entries(shown))
                with_scalar(p.values.type(), [&]<class T>(T) {
                    write_element<T>(out, next, p, grad[k], shown.place(i), in_slot, i);
                });
            out.more(shown.size());
        } else {
            out.numeric(p.path() + ": frozen");
        }
        in_slot += slot::next(p.values.bytes());
    }
}

}  // namespace explaining

/// What `descend` would do next on the batch (x, y), in mode training: forward, loss, backward and step, every formula
/// with its numbers. Nothing is changed: the network, the optimizer and their random streams stay as they are.
/// \throws what the step itself would throw.
template <class Net, class J, class Options, class X, class Y>
[[nodiscard]] std::string explanation(const Net& net, const J& loss, const optimizer<Net, Options>& descend, const X& x,
                                      const Y& y, const explain_options& limits = {}) {
    using namespace explaining;
    page out(limits);
    pass<Net, X> p(net, x);
    p.seed = descend.seed, p.step = descend.t;
    p.every_output = true;
    const context ctx = p.context();
    const auto& y_hat = gradus::forward(net, x, p.cache, ctx);

    out.text = "FORWARD\n";
    each_forwarded(
        [&](const entry& e, const auto& layer, const auto& x_i, const auto& c) { write_forward(out, layer, x_i, c, e.path()); },
        net, x, p.cache);
    out.text += "\nLOSS\n";
    typename J::template cache<std::remove_cvref_t<decltype(y_hat)>> loss_cache;
    const double value = loss.forward(y_hat, y, loss_cache, {});
    const auto& dy = loss.backward(y_hat, y, loss_cache, {});
    write_loss(out, loss, y_hat, y, dy, value);
    out.text += "\nBACKWARD\n";
    gradients<Net> grad(net);
    shown_backward{out}.run(entry(""), nullptr, net, x, dy, p.cache, grad.values, ctx);
    out.text += "\nSTEP\n";
    write_step(out, descend, parameter_list(net), parameter_list(grad.values));
    return std::move(out.text);
}

/// Prints it.
template <class Net, class J, class Options, class X, class Y>
void explain(const Net& net, const J& loss, const optimizer<Net, Options>& descend, const X& x, const Y& y,
             const explain_options& limits = {}) {
    std::fputs(explanation(net, loss, descend, x, y, limits).c_str(), stdout);
}

}  // namespace gradus
