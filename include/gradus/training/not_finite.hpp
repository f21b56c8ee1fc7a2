#pragma once
/// \file
/// Where a network first stopped giving numbers.

#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "gradus/core/error.hpp"
#include "gradus/core/forwarded.hpp"
#include "gradus/core/parameters.hpp"
#include "gradus/training/state.hpp"

namespace gradus {

/// Training that ended where the loss was no number. The network is as it was before the step that would have spoilt
/// it; what went by until then stands in `so_far`.
struct diverged : error {
    history so_far;
    diverged(const std::string& text, history h) : error(text), so_far(std::move(h)) {}
};

namespace training {

/// "nan in row 3": the first element that is not finite, else nothing.
template <class X>
[[nodiscard, gnu::noinline]] std::string not_finite(const X& x) {
    if constexpr (any_tensor<X>) {
        if constexpr (std::is_floating_point_v<scalar_of<X>>)
            for (std::size_t i = 0; i < x.size(); ++i)
                if (!std::isfinite(x.data()[i]))
                    return message({number_text(static_cast<double>(x.data()[i])), " in row ", i / (x.size() / x.shape()[0])});
        return {};
    } else {
        std::string found;
        each([&](const entry&, const auto& t) { found = found.empty() ? not_finite(t) : found; }, x);
        return found;
    }
}

/// What a layer computes, where it says so.
template <class L>
[[nodiscard]] std::string_view formula_of(const L&) {
    if constexpr (requires { std::string_view(L::formula); })
        return L::formula;
    else
        return "its output";
}
template <class L>
[[nodiscard]] std::string_view name_of(const L&) {
    if constexpr (requires { std::string_view(L::name); })
        return L::name;
    else
        return "layer";
}

/// The first thing of a forward that is not finite, in words; nothing where all of it is.
template <class Net, class X>
[[nodiscard]] std::string first_not_finite(const Net& net, const X& x, const cache_of<Net, X>& c) {
    std::string found = not_finite(x);
    if (!found.empty()) return message({"the data: x has ", found, " of the batch"});
    each_forwarded(
        [&](const entry& e, const auto& layer, const auto&, const auto& inner) {
            if (!found.empty()) return;
            const std::string path = e.path(), place = path.empty() ? "" : " #" + path;
            each(
                [&](const entry& p, const auto& theta) {
                    if (const std::string what = not_finite(theta); found.empty() && !what.empty())
                        found = message({name_of(layer), place, ": ", p.path(), " has ", what,
                                         ", which an earlier step has made so: try a smaller learning rate, or clip the gradient"});
                },
                layer);
            if (const std::string what = not_finite(output(inner)); found.empty() && !what.empty())
                found = message({name_of(layer), place, ": ", formula_of(layer), " has ", what,
                                 " of the batch, where its input and its parameters are finite"});
        },
        net, x, c);
    return found;
}

}  // namespace training
}  // namespace gradus
