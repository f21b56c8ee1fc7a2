#pragma once
/// \file
/// Plots a confusion matrix: how often each class was predicted as which.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/plot/axis.hpp"
#include "gradus/plot/frame.hpp"
#include "gradus/plot/picture.hpp"
#include "gradus/plot/style.hpp"
#include "gradus/plot/svg.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::plot {

/// Title and axis names of a confusion matrix.
struct matrix_names {
    std::string title = "Confusion matrix", y = "true class", x = "predicted class";
};

/// "98 %"; with one decimal between 99 and 100 and below 1. Only exact shares are shown as 0 or 100.
GRADUS_ONCE [[nodiscard]] std::string percent(double share);

/// Counts (V, V), true class by predicted class, as `gr::evaluate` returns them. Each cell has its count and, for up to
/// 10 classes, its share of the row; for more classes, the recall is to the right of each row. Correct predictions are
/// blue, errors orange, the stronger the larger their share of the row; a count of 0 is a dot.
/// ```
/// gr::plot::confusion(gr::evaluate(net, J, test).confusion, {"cat", "dog"}).save("confusion.svg");
/// ```
/// `names`: of the classes; default: 0, 1, ...
/// \throws data_error for a matrix that is empty or not square, a count that is negative or not finite, another number
///         of names.
template <class T>
[[nodiscard]] picture confusion(const tensor<T, 2>& counts, std::vector<std::string> names = {}, matrix_names o = {}) {
    const auto require = [](bool good, std::initializer_list<piece> why) {
        if (!good) throw data_error(message({"confusion: ", message(why)}));
    };
    const std::size_t classes = counts.shape()[0];
    require(classes > 0, {"the matrix has no classes"});
    require(counts.shape()[1] == classes, {"the matrix is ", counts.shape(), ", not square"});
    for (std::size_t k = names.empty() ? 0 : classes; k < classes; ++k) names.push_back(numbered("", k));
    require(names.size() == classes, {classes, " classes and ", names.size(), " names"});
    double widest_count = 0, widest_name = 0;
    for (std::size_t k = 0; k < classes; ++k) {
        widest_name = std::max(widest_name, std::min(text_width(names[k]), 150.0));
        for (std::size_t j = 0; j < classes; ++j) {
            const auto count = static_cast<double>(counts(k, j));
            require(std::isfinite(count) && count >= 0,
                    {"row ", k, ", column ", j, " is ", number_text(count), ": a count is finite and not negative"});
            widest_count = std::max(widest_count, text_width(short_number(count)));
        }
    }

    const auto n = static_cast<double>(classes);
    const bool shares = classes <= 10;
    const double side = std::max(shares ? std::clamp(440 / n, 48.0, 88.0) : 30.0, widest_count + 8);
    const double left = std::max(72.0, 40 + widest_name), size = side * n;
    double top = 0, below = 0;
    std::string out = heading(o.title, left, std::max(size, 240.0), top);
    top += 8;
    out += y_name_as_svg(o.y, top + size / 2, size);
    if (!shares) out += label(left + size + 12, top - 7, "start", "right", "small quiet");
    for (std::size_t k = 0; k < classes; ++k) {
        const double y = top + side * static_cast<double>(k), middle = y + side / 2;
        double sum = 0;
        for (std::size_t j = 0; j < classes; ++j) sum += static_cast<double>(counts(k, j));
        out += label(left - 8, middle + 4.5, "end", shortened(names[k], 150));
        if (!shares)
            out += label(left + size + 12, middle + 4.5, "start",
                         sum == 0 ? "–" : percent(static_cast<double>(counts(k, k)) / sum), "small");
        for (std::size_t j = 0; j < classes; ++j) {
            const auto count = static_cast<double>(counts(k, j));
            const double x = left + side * static_cast<double>(j), centre = x + side / 2;
            if (count == 0) {
                out += label(centre, middle + 4.5, "middle", "·", "quiet");
                continue;
            }
            // Half of the colours for correct predictions, half for errors; a cube root makes a few per cent visible.
            const double share = count / sum, strength = k == j ? share : std::cbrt(share);
            const auto level = std::min(heat_levels / 2 - 1, static_cast<std::size_t>(strength * heat_levels / 2));
            out += rectangle(numbered("cell h", k == j ? heat_levels / 2 - 1 - level : heat_levels / 2 + level),
                             x + 0.5, y + 0.5, side - 1, side - 1);
            out += label(centre, middle + (shares ? -1 : 4.5), "middle", short_number(count), "strong");
            if (shares) out += label(centre, middle + 14, "middle", percent(share), "small strong");
        }
    }
    out += names_below(names, left, side, top + size, below);
    out += rectangle("frame", left, top, size, size);
    out += label(left + size / 2, top + size + below + 20, "middle", shortened(o.x, std::max(size, 200.0)));
    return {o.title, left + std::max(size, 240.0) + (shares ? 24 : 64), top + size + below + 34, out};
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(plot) template picture confusion(const tensor<std::size_t, 2>&, std::vector<std::string>, matrix_names);
#endif

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY std::string percent(double share) {
    const double p = 100 * share;
    if (p > 0 && p < 0.05) return "<0.1 %";
    char text[32];
    std::snprintf(text, sizeof text, (p > 0 && p < 0.95) || (p >= 98.95 && p < 100) ? "%.1f %%" : "%.0f %%",
                  p >= 98.95 && p < 100 ? std::min(p, 99.9) : p);
    return text;
}

#endif

}  // namespace gradus::plot
