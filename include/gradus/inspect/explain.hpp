#pragma once
/// \file
/// One training step as text, every formula with its numbers: `gr::explain(net, J, descend, x, y)`.
///
/// Layers report their formulas to a visitor (nn/visitor.hpp). A layer with formulas is shown by them, entry by entry;
/// any other by its member `formula` and its inputs and outputs. A loss has its own text if there is a function
/// `explain_loss(gr::explaining::page&, const J&, const gr::explaining::loss_numbers&)`, found by argument-dependent
/// look-up.

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/inspect/explanation/losses.hpp"
#include "gradus/inspect/explanation/page.hpp"
#include "gradus/inspect/explanation/recurrence.hpp"
#include "gradus/inspect/explanation/statements.hpp"
#include "gradus/inspect/explanation/step.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/visitor.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

namespace explaining {

/// Writes what layers report. For a container, only its members and its own formulas are shown.
class scribe final : public visitor {
  public:
    scribe(page& out, bool backward) : out_(out), backward_(backward) {}

    void enter(const layer_ref& of) override {
        open_.emplace_back();
        if (!of.is_container) begin(of);
    }
    void leave(const layer_ref& of) override {
        if (!of.is_container) {
            told& layer = open_.back();
            if (!layer.by_formulas && !backward_) write_formula(of);
            for (const shown& s : layer.shown_whole)
                if (!layer.by_formulas || (s.is_parameter && !layer.mentions(s.name))) out_.show(s.name, s.values);
        }
        open_.pop_back();
    }
    void value(const layer_ref& of, role is, const entry& name, const tensor_ref& t) override {
        if (of.is_container || is == role::made || t.size() == 0) return;  // e.g. dx of a first layer, not computed
        const bool parameter = is == role::parameter;
        open_.back().shown_whole.push_back({(parameter && backward_ ? "d" : "") + name.path(), parameter, numbers_of(t)});
    }
    void formula(const layer_ref& of, const statement& s) override {
        begin(of);
        write(out_, s);
        told& layer = open_.back();
        if (s.by == made_by::words) return;
        layer.by_formulas = true;
        for (const symbol* const a : {&s.result, &s.a, &s.b, &s.c}) layer.mentioned.emplace_back(a->name);
    }
    void steps(const layer_ref& of, const recurrence& r, bool backward) override {
        begin(of);
        told& layer = open_.back();
        layer.by_formulas = true;
        for (const std::string_view name : {std::string_view("W"), std::string_view("U"), std::string_view("b"), r.own.name})
            layer.mentioned.push_back(message({backward ? "d" : "", name}));
        backward ? write_backward(out_, r) : write_forward(out_, r);
    }

  private:
    struct shown {
        std::string name;
        bool is_parameter;
        numbers values;
    };
    /// A layer that was entered.
    struct told {
        bool begun = false, by_formulas = false;
        std::vector<shown> shown_whole;
        std::vector<std::string> mentioned;  ///< in a formula

        [[nodiscard]] bool mentions(const std::string& parameter) const {
            return std::find(mentioned.begin(), mentioned.end(), parameter) != mentioned.end();
        }
    };

    /// Its title, "0.f dense", once.
    void begin(const layer_ref& of) {
        if (open_.back().begun) return;
        open_.back().begun = true;
        const std::string path = of.place.path(), name(of.name);
        out_.part(path.empty() ? name : path + " " + name);
    }
    /// "y = f(x ∗ W + b)   f(z) = relu(z) = max(z, 0)"; nothing if the layer has no formula.
    void write_formula(const layer_ref& of) {
        if (of.formula.empty()) return;
        std::string line(of.formula);  // layers without θ have only the right side
        if (!line.starts_with("y = ")) line.insert(0, "y = ");
        if (!of.f.name.empty()) line += message({"   f(z) = ", of.f.name, "(z) = ", of.f.formula});
        out_.line(line);
    }

    page& out_;
    bool backward_;
    std::vector<told> open_;
};

/// J and ∂J/∂ŷ.
template <class J, class Y, class Target>
void write_loss(page& out, const J& loss, const Y& y_hat, const Target& y, const Y& dy, double value) {
    out.part(name_of(loss));
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

/// The next step of `descend` on the batch (x, y), in training mode: forward, loss, backward and step, every formula
/// with its numbers. The network, the optimizer and their random streams are not changed.
/// \throws what the step itself would throw.
template <class Net, class J, class Options, class X, class Y>
[[nodiscard]] std::string explanation(const Net& net, const J& loss, const optimizer<Net, Options>& descend, const X& x,
                                      const Y& y, const explain_options& limits = {}) {
    using namespace explaining;
    page out(limits);
    pass<Net, X> p(net, x);
    p.seed = descend.seed, p.step = descend.t;
    p.every_output = true;
    const auto& y_hat = gradus::forward(net, x, p.cache, p.context());

    out.text = "FORWARD\n";
    scribe there(out, false), back(out, true);
    visit_formulas(net, x, p, there);
    out.text += "\nLOSS\n";
    typename J::template cache<std::remove_cvref_t<decltype(y_hat)>> loss_cache;
    const double value = loss.forward(y_hat, y, loss_cache, {});
    const auto& dy = loss.backward(y_hat, y, loss_cache, {});
    write_loss(out, loss, y_hat, y, dy, value);
    out.text += "\nBACKWARD\n";
    gradients<Net> grad(net);
    (void)visit_backward(net, x, dy, p, grad.values, back);
    out.text += "\nSTEP\n";
    write_step(out, descend, parameter_list(net), parameter_list(grad.values));
    return std::move(out.text);
}

/// Prints the explanation to standard output.
template <class Net, class J, class Options, class X, class Y>
void explain(const Net& net, const J& loss, const optimizer<Net, Options>& descend, const X& x, const Y& y,
             const explain_options& limits = {}) {
    std::fputs(explanation(net, loss, descend, x, y, limits).c_str(), stdout);
}

}  // namespace gradus
