#pragma once
/// \file
/// Grouped bar charts: several values for each name, side by side.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/plot/axis.hpp"
#include "gradus/plot/frame.hpp"
#include "gradus/plot/picture.hpp"
#include "gradus/plot/svg.hpp"

namespace gradus::plot {

/// Grouped bars that start at 0, with their values at the ends if these fit.
/// ```
/// gr::plot::bars("Test accuracy", {"SGD", "momentum", "Adam"}, {.y = "share of digits that are right"})
///     .bar("epoch 1", first)
///     .bar("epoch 10", last)
///     .save("accuracy.svg");
/// ```
/// A value that is not finite has no bar. `axes::log_x` and `axes::log_y` are ignored: bars have no length on a
/// logarithmic axis. \throws data_error for no names, or another number of values than names.
class bars {
  public:
    bars(std::string title, std::vector<std::string> names, axes at_axes = {})
        : title_(std::move(title)), names_(std::move(names)), axes_(std::move(at_axes)) {
        if (names_.empty()) throw data_error(message({"bars \"", title_, "\": no names"}));
    }

    /// Adds one bar for each name; `name` is for the legend.
    template <class V>
    bars& bar(std::string name, const V& values) {
        std::vector<double> v = numbers(values);
        if (v.size() != names_.size())
            throw data_error(message(
                {"bars \"", title_, "\": \"", name, "\" has ", v.size(), " values for ", names_.size(), " names"}));
        series_.push_back({sign::bar, std::move(name), std::move(v)});
        return *this;
    }

    /// The picture as SVG. \throws data_error if there are no bars.
    [[nodiscard]] std::string svg() const { return drawn().svg(); }

    /// Writes it to a file. \throws data_error naming the path where that fails.
    void save(const std::string& path) const { drawn().save(path); }

  private:
    struct series {
        sign shown;
        std::string name;
        std::vector<double> values;
    };

    GRADUS_ONCE [[nodiscard]] picture drawn() const;

    std::string title_;
    std::vector<std::string> names_;
    axes axes_;
    std::vector<series> series_;
};

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY picture bars::drawn() const {
    if (series_.empty()) throw data_error(message({"bars \"", title_, "\": no values"}));
    std::vector<double> all = {0.0};
    double widest = 0;
    for (const auto& s : series_)
        for (double v : s.values) {
            if (!std::isfinite(v)) continue;
            all.push_back(v);
            widest = std::max(widest, text_width(short_number(v), 11));
        }
    const axis y(all, false);

    const auto groups = static_cast<double>(names_.size()), in_group = static_cast<double>(series_.size());
    box b{left_margin(y), 0, std::max(544.0, groups * (in_group * 6 + 8)), 290};
    std::string out = heading(title_, b.left, b.width, b.top);
    out += legend_as_svg(series_, b.left, b.right(), b.top);
    b.top += 14;  // space for the values above the highest bars
    out += y_axis_as_svg(y, axes_.y, b);
    const double step = b.width / groups, thick = std::min(0.76 * step / in_group, 72.0);
    const double zero = b.bottom() - b.height * y.place(0);
    for (std::size_t i = 0; i < series_.size(); ++i)
        for (std::size_t n = 0; n < names_.size(); ++n) {
            const double v = series_[i].values[n];
            if (!y.has(v)) continue;
            const double x =
                b.left + step * (static_cast<double>(n) + 0.5) + thick * (static_cast<double>(i) - in_group / 2);
            const double end = b.bottom() - b.height * y.place(v);
            out += rectangle(numbered("cell s", i % series_colours), x + thick * 0.04, std::min(end, zero),
                             thick * 0.92, std::abs(end - zero));
            if (widest <= thick)
                out += label(x + thick / 2, v < 0 ? end + 13 : end - 5, "middle", short_number(v), "small");
        }
    std::string line;
    draw(line, 'M', {b.left, zero});
    draw(line, 'h', {b.width});
    out += element("path", {{"class", "frame"}, {"d", line}});
    double below = 0;
    out += names_below(names_, b.left, step, b.bottom(), below);
    if (!axes_.x.empty()) below += 24;
    out += label(b.left + b.width / 2, b.bottom() + below - 2, "middle", shortened(axes_.x, b.width));
    return {title_, b.right() + 24, b.bottom() + below + 12, out};
}

#endif

}  // namespace gradus::plot
