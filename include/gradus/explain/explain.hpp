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

#include <cstddef>
#include <cstdio>
#include <string>
#include <type_traits>
#include <utility>

#include "gradus/core/container.hpp"
#include "gradus/core/layer.hpp"
#include "gradus/explain/dense.hpp"
#include "gradus/explain/embedding.hpp"
#include "gradus/explain/losses.hpp"
#include "gradus/explain/page.hpp"
#include "gradus/explain/recurrent.hpp"
#include "gradus/explain/step.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

namespace explaining {

/// The entries of a tensor, or of each tensor in a struct of them; of what nobody computed, as dx of a first layer,
/// nothing.
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

/// The call that writes down what each layer's forward made of its x. Containers have nothing to show but what is in
/// them.
struct shown_forward {
    page& out;
    const entry* parent = nullptr;

    template <class L, class X, class C>
    void operator()(const entry& step, const L& layer, const X& x, const C& c, const context&) const {
        const entry place = step.below(parent);
        at(place, &place, layer, x, c);
    }
    /// \param below what the layers in it stand in; null at the top
    template <class L, class X, class C>
    void at(const entry& place, const entry* below, const L& layer, const X& x, const C& c) const {
        if constexpr (container<L, X>)
            layer.each_inside(shown_forward{out, below}, x, c, {.every_output = true});
        else
            write(place, layer, x, c);
    }
    template <class L, class X, class C>
    void write(const entry& place, const L& layer, const X& x, const C& c) const {
        out.part(title(layer, place.path()));
        if constexpr (requires { explain_forward(out, layer, x, c); }) {
            explain_forward(out, layer, x, c);
        } else {
            write_formula(out, layer);
            show(out, "x", x);
            each([&](const entry& e, const auto& t) { out.show(e.path(), numbers_of(t)); }, layer);
            show(out, "y", output(c));
        }
    }
};

/// The call of a backward that writes down what each layer does. Containers have nothing to show but what is in them.
struct shown_backward {
    page& out;
    const entry* parent = nullptr;

    template <class L, class X, class Y, class C, class G>
    const auto& operator()(const entry& step, const L& layer, const X& x, const Y& dy, C& c, G& grad,
                           const context& ctx) const {
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
    shown_forward{out}.at(entry(""), nullptr, net, x, std::as_const(p.cache));
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
