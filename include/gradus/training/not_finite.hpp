#pragma once
/// \file
/// Finds where a network first computed NaN or infinity.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/visitor.hpp"
#include "gradus/training/state.hpp"

namespace gradus {

/// Thrown when the loss is NaN or infinite, before a step is taken with it; `so_far` has the history until then. An
/// earlier step may have made parameters NaN or infinite already: then the message says which.
struct diverged : error {
    history so_far;
    diverged(const std::string& text, history h) : error(text), so_far(std::move(h)) {}
};

namespace training {

GRADUS_ONCE [[noreturn]] void throw_diverged(history h, std::string_view what, std::uint64_t epoch, std::string_view where,
                                                      std::string_view loss, std::string_view formula);

/// Finds the first value that is NaN or infinite, and stores its position.
struct not_finite {
    std::string where = {};  ///< empty: all were finite

    std::span<const std::size_t> samples = {};  ///< the indices in the data of a batch's rows

    /// Looks in `what` of the layer at e: "dense #1: W has nan in row 3, ...". Without `why`, rows are of a batch.
    template <class X>
    void look(const entry& e, std::string_view layer, std::string_view what, std::string_view why, const X& x) {
        if constexpr (any_tensor<X>)
            look_at(e, layer, what, why, tensor_ref(x));
        else
            each([&](const entry&, const auto& member) { look_at(e, layer, what, why, tensor_ref(member)); }, x);
    }
    GRADUS_ONCE void look_at(const entry& e, std::string_view layer, std::string_view what, std::string_view why,
                             const tensor_ref& x);
    template <class Net>
    void look_at_parameters(const Net& net) {
        look_at_parameters(parameter_list(net));
    }
    GRADUS_ONCE void look_at_parameters(const parameter_list& theta);
    static constexpr std::string_view too_far =
        ", which a step has made so: try a smaller learning rate, or clip the gradient";
};

/// The same for the output of each layer.
struct not_finite_output : visitor {
    not_finite& found;
    explicit not_finite_output(not_finite& f) : found(f) {}
    GRADUS_INLINE void value(const layer_ref& layer, role of, const entry&, const tensor_ref& y) override;
};

/// Describes the first value of a forward that is NaN or infinite; empty if there is none.
template <class Net, class X, class Y>
[[nodiscard]] std::string first_not_finite(const Net& net, const X& x, const Y& y, const pass<Net, X>& p,
                                           std::span<const std::size_t> samples) {
    not_finite found{.samples = samples};
    found.look(entry(""), "the data", "x", "", x);
    found.look(entry(""), "the data", "y", "", y);
    found.look_at_parameters(net);
    not_finite_output outputs(found);
    visit_forward(net, x, p, outputs);
    return std::move(found.where);
}

#if GRADUS_BODIES_OF(training)

GRADUS_BODY [[noreturn]] void throw_diverged(history h, std::string_view what, std::uint64_t epoch, std::string_view where,
                                                      std::string_view loss, std::string_view formula) {
    const std::string it_is = message({loss, ": ", formula, " is the first, of a finite prediction"});
    throw diverged(message({"fit: ", what, ", in epoch ", epoch, ". ", where.empty() ? std::string_view(it_is) : where}), std::move(h));
}

GRADUS_BODY void not_finite::look_at(const entry& e, std::string_view layer, std::string_view what, std::string_view why,
                                     const tensor_ref& x) {
    if (!where.empty() || x.size() == 0 || !x.type().is_floating()) return;
    std::size_t i = 0;
    with_scalar(x.type(), [&]<class T>(T) {
        const std::span<const T> all = x.as<T>();
        while (i < all.size() && std::isfinite(all[i])) ++i;
    });
    if (i == x.size()) return;
    const std::string path = e.path();
    const std::size_t row = i / (x.size() / x.shape()[0]);
    const bool of_data = why.empty() && row < samples.size();
    where = message({layer, path.empty() ? "" : " #", path, ": ", what, " has ", x.number(i),
                     of_data ? " in sample " : " in row ", of_data ? samples[row] : row, why});
}

GRADUS_INLINE void not_finite_output::value(const layer_ref& layer, role of, const entry&, const tensor_ref& y) {
    if (of != role::output || layer.is_container) return;
    found.look_at(layer.place, layer.name, layer.formula.empty() ? "its output" : layer.formula, "", y);
}

GRADUS_BODY void not_finite::look_at_parameters(const parameter_list& theta) {
    for (const parameter_ref& p : theta) look_at(*p.place, "parameters", "θ", too_far, p.values);
}

#endif

}  // namespace training
}  // namespace gradus
