#pragma once
/// \file
/// The predictions of a classifier over a plane, with its samples on top.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/plot/figure.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::plot {

/// Options of `decision_boundary`.
struct plane {
    std::string title = "";
    std::vector<std::string> names = {};  ///< of the classes; default: "class 0", "class 1", ...
    std::string x = "x₁", y = "x₂";       ///< names of the axes
    std::string value = "p";              ///< name of the value, if `classify` returns one per point
    double boundary = 0.5;                ///< the value at the boundary, if `classify` returns one per point
    std::size_t cells = 95;               ///< `classify` is evaluated at cells x cells points
};

/// The smallest range that holds one column of x, with a margin.
template <class T>
[[nodiscard]] range spread(const tensor<T, 2>& x, std::size_t column) {
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (std::size_t n = 0; n < x.shape()[0]; ++n)
        if (const auto v = static_cast<double>(x(n, column)); std::isfinite(v))
            low = std::min(low, v), high = std::max(high, v);
    if (low > high) low = 0, high = 0;
    const double margin = high > low ? 0.1 * (high - low) : 1;
    return {low - margin, high + margin};
}

/// The predictions of `classify` over the plane, the boundary between them, and the samples x (N, 2) with their classes
/// y (N): whole numbers from 0, any range.
/// ```
/// gr::plot::decision_boundary([&](auto& x) { return gr::probabilities(net, x); }, x, y, {.title = "Moons"})
///     .save("moons.svg");
/// ```
/// `classify` is called once, with points (M, 2) of x's type. It returns
///   M values: colours, and a line where they cross `boundary`;      [a probability, or ŷ of one output]
///   M whole numbers (an integer type): the classes themselves;
///   M x V values: scores of V classes, of which the highest decides.
/// The result is a figure, to which more can be added.
/// \throws data_error for x of another shape or without rows, invalid labels, or another number of values.
template <class T, class Y, std::invocable<const tensor<T, 2>&> F>
[[nodiscard]] figure decision_boundary(F&& classify, const tensor<T, 2>& x, const Y& y, plane o = {}) {
    const auto require = [](bool good, std::initializer_list<piece> why) {
        if (!good) throw data_error(message({"decision_boundary: ", message(why)}));
    };
    const std::size_t samples = x.shape()[0], points = o.cells * o.cells;
    require(samples > 0 && x.shape()[1] == 2, {"x of ", x.shape(), ": it needs samples of two features, (N, 2)"});
    require(o.cells >= 2, {o.cells, " cells are too few"});
    const std::vector<double> labels = numbers(y);
    require(labels.size() == samples, {samples, " samples and ", labels.size(), " labels"});
    std::size_t classes = std::max<std::size_t>(o.names.size(), 1);
    for (std::size_t n = 0; n < samples; ++n) {
        const double k = labels[n];
        require(k >= 0 && k < 1000 && k == std::floor(k),
                {"y[", n, "] is ", number_text(k), ": a label is a whole number from 0 to 999"});
        classes = std::max(classes, static_cast<std::size_t>(k) + 1);
    }
    require(o.names.empty() || o.names.size() == classes, {classes, " classes and ", o.names.size(), " names"});

    const range side[] = {spread(x, 0), spread(x, 1)};
    const tensor<T, 2> plane_points = grid<T>(side[0], side[1], o.cells);
    const auto z = classify(plane_points);
    std::vector<double> values = numbers(z);
    const std::size_t outputs = values.size() / points;
    require(outputs > 0 && outputs * points == values.size(),
            {"classify gave ", values.size(), " values for ", points, " points"});
    figure out(std::move(o.title), axes{.x = std::move(o.x), .y = std::move(o.y)});
    if constexpr (std::integral<std::remove_cvref_t<decltype(*z.begin())>>) {
        for (double k : values)
            require(outputs == 1 && k >= 0 && k < 1000, {"classify gave the class ", number_text(k)});
        const auto seen = static_cast<std::size_t>(*std::max_element(values.begin(), values.end())) + 1;
        std::vector<double> scores(points * seen);
        for (std::size_t n = 0; n < points; ++n) scores[n * seen + static_cast<std::size_t>(values[n])] = 1;
        out.regions(side[0], side[1], scores, seen);
    } else if (outputs == 1) {
        const bool share = std::all_of(values.begin(), values.end(), [](double v) { return !(v < 0 || v > 1); });
        colours c{.boundary = o.boundary};
        if (share && o.boundary == 0.5) c.low = 0, c.high = 1;
        out.heat_map(std::move(o.value), side[0], side[1], values, c);
    } else {
        out.regions(side[0], side[1], values, outputs);
    }
    for (std::size_t k = 0; k < classes; ++k) {
        std::vector<double> at[2];
        for (std::size_t n = 0; n < samples; ++n)
            if (labels[n] == static_cast<double>(k))
                for (std::size_t i = 0; i < 2; ++i) at[i].push_back(static_cast<double>(x(n, i)));
        if (at[0].empty()) at[0] = at[1] = {colours::none};  // no sample: only an entry in the legend
        out.scatter(o.names.empty() ? numbered("class ", k) : o.names[k], at[0], at[1]);
    }
    return out;
}

}  // namespace gradus::plot
