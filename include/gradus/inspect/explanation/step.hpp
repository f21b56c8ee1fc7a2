#pragma once
/// \file
/// The step of an optimizer: its formulas with their numbers.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <tuple>

#include "gradus/inspect/explanation/page.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus::explaining {

/// Adam's slots after correction of the bias towards their initial zeros.
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

/// The step of the optimizer: its formulas, then the same formulas on plain numbers for the entries shown.
template <class Net, class Options>
void write_step(page& out, const optimizer<Net, Options>& descend, const parameter_list& theta,
                const parameter_list& grad) {
    const Options& o = descend.options;
    auto next = descend;  // as in the step
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
    next.require_own(theta);
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

}  // namespace gradus::explaining
