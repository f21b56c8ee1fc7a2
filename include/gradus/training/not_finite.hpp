#pragma once
/// \file
/// Where a network first stopped giving numbers.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

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

[[noreturn, gnu::noinline]] inline void throw_diverged(history h, double loss, std::uint64_t t, std::uint64_t epoch, std::string_view where,
                                                      std::string_view loss_name, std::string_view formula) {
    const std::string it_is = message({loss_name, ": ", formula, " is the first, of a finite prediction"});
    throw diverged(message({"fit: the loss is ", loss, " before step ", t + 1, ", in epoch ", epoch + 1, ". ",
                            where.empty() ? std::string_view(it_is) : where}),
                   std::move(h));
}

/// Looks for the first number that is none, and remembers where it stood. Compiled once for each scalar.
class not_finite {
  public:
    std::string where;  ///< empty: all were finite

    /// "dense #1: W has nan in row 3, ...": `what` of the layer at e, whose name may be left out.
    template <class X>
    void look(const entry& e, std::string_view layer, std::string_view what, std::string_view why, const X& x) {
        if constexpr (!any_tensor<X>)
            each([&](const entry&, const auto& member) { look(e, layer, what, why, member); }, x);
        else if constexpr (std::is_floating_point_v<scalar_of<X>>)
            look_at(e, layer, what, why, x.data(), x.size(), x.shape()[0]);
    }

  private:
    template <class T>
    [[gnu::noinline]] void look_at(const entry& e, std::string_view layer, std::string_view what, std::string_view why,
                                   const T* x, std::size_t size, std::size_t rows) {
        for (std::size_t i = 0; i < size && where.empty(); ++i)
            if (!std::isfinite(x[i])) {
                const std::string path = e.path();
                where = message({layer, path.empty() ? "" : " #", path, ": ", what, " has ", static_cast<double>(x[i]), " in row ",
                                 i / (size / rows), why});
            }
    }
};

/// What a layer or a loss computes, where it says so.
template <class L>
[[nodiscard]] constexpr std::string_view formula_of(const L&) {
    if constexpr (requires { std::string_view(L::formula); })
        return L::formula;
    else
        return "its output";
}

/// The first thing of a forward that is not finite, in words; nothing where all of it is.
template <class Net, class X>
[[nodiscard]] std::string first_not_finite(const Net& net, const X& x, const cache_of<Net, X>& c) {
    not_finite found;
    found.look(entry(""), "the data", "x", " of the batch", x);
    each_forwarded(
        [&](const entry& e, const auto& layer, const auto&, const auto& inner) {
            each(
                [&](const entry& p, const auto& theta) {
                    found.look(e, name_of(layer), p.text(),
                               ", which an earlier step has made so: try a smaller learning rate, or clip the gradient", theta);
                },
                layer);
            found.look(e, name_of(layer), formula_of(layer), " of the batch, where its input and its parameters are finite",
                       output(inner));
        },
        net, x, c);
    return std::move(found.where);
}

}  // namespace training
}  // namespace gradus
