#pragma once
/// \file
/// A function of two variables, as coloured cells or as regions where one of several values is the highest, and the
/// lines between them.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/plot/axis.hpp"
#include "gradus/plot/style.hpp"
#include "gradus/plot/svg.hpp"

namespace gradus::plot {

/// The colours of a heat map, from `low` to `high` (default: the range of its values), and where a line is drawn.
struct colours {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();
    double low = none, high = none;
    double boundary = none;  ///< a line where the values cross this one, with blue below and orange above
};

/// Values of rows x columns equal cells over x × y, row by row from the lowest y. With `classes`, each cell has that
/// many values, and the highest determines its class.
struct heat {
    std::string name;
    range x, y;
    std::vector<double> values;
    std::size_t rows = 0, columns = 0, classes = 0;
    colours colour;
    bool two_sided = false;  ///< blue over grey to orange; else from dark to bright

    /// Numbers whose differences would overflow count as infinite.
    [[nodiscard]] static bool has(double v) { return std::abs(v) < 1e300; }

    /// Fits the colours to the values. Returns false if the requested range is empty or not finite.
    GRADUS_ONCE [[nodiscard]] bool fit_colours();

    /// The colour of a value: 0 to heat_levels - 1. If two-sided, grey is at the boundary, or at 0, and equal distances
    /// from it have equally strong colours.
    GRADUS_ONCE [[nodiscard]] std::size_t level_of(double v) const;

    /// The class of cell n: its highest value; `classes`, for none, if a value is NaN.
    GRADUS_ONCE [[nodiscard]] std::size_t top_class(std::size_t n) const;

    /// The colour of cell n, or its class; heat_levels or `classes`, for none, if there is no number.
    [[nodiscard]] std::size_t level(std::size_t n) const {
        if (classes != 0) return top_class(n);
        return has(values[n]) ? level_of(values[n]) : heat_levels;
    }
    /// Its CSS classes: "run h3", "run q3" or "area s3".
    [[nodiscard]] std::string level_class(std::size_t k) const {
        if (classes != 0) return numbered("area s", k % series_colours);
        return numbered(two_sided ? "run h" : "run q", k);
    }

    /// The cells, drawn into width x height pixels: one path per colour, with one thick line per run of cells.
    GRADUS_ONCE [[nodiscard]] std::string cells_as_svg(double width, double height) const;

    /// Where the line crosses between the centres of the cells a and b: 0 at a, 1 at b, NaN for nowhere.
    GRADUS_ONCE [[nodiscard]] double crossing(std::size_t a, std::size_t b) const;

    /// The line where values cross colour.boundary, or where the class changes, straight within each square of four
    /// centres (marching squares).
    GRADUS_ONCE [[nodiscard]] std::string boundary_as_svg(double width, double height) const;
};

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY bool heat::fit_colours() {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (double v : values)
        if (has(v)) low = std::min(low, v), high = std::max(high, v);
    if (low > high) low = 0, high = 1;
    if (std::isnan(colour.low)) colour.low = low;
    if (std::isnan(colour.high)) colour.high = high - colour.low > 1e-300 ? high : colour.low + 1;
    two_sided = has(colour.boundary) || colour.low < 0;
    return has(colour.low) && has(colour.high) && colour.high - colour.low > 1e-300;
}

GRADUS_BODY std::size_t heat::level_of(double v) const {
    double low = colour.low, high = colour.high;
    if (two_sided) {
        const double middle = has(colour.boundary) ? colour.boundary : 0;
        const double away = std::max(std::abs(low - middle), std::abs(high - middle));
        low = middle - away, high = middle + away;
    }
    return static_cast<std::size_t>(std::clamp((v - low) / (high - low) * heat_levels, 0.0, heat_levels - 1.0));
}

GRADUS_BODY std::size_t heat::top_class(std::size_t n) const {
    const double* v = values.data() + n * classes;
    if (std::any_of(v, v + classes, [](double s) { return std::isnan(s); })) return classes;
    return static_cast<std::size_t>(std::max_element(v, v + classes) - v);
}

GRADUS_BODY std::string heat::cells_as_svg(double width, double height) const {
    const std::size_t levels = classes != 0 ? classes : heat_levels;
    std::vector<std::string> d(levels);
    const double w = width / static_cast<double>(columns), h = height / static_cast<double>(rows);
    for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t from = 0, to = 0; from < columns; from = to) {
            const std::size_t k = level(row * columns + from);
            while (to < columns && level(row * columns + to) == k) ++to;
            if (k == levels) continue;
            draw(d[k], 'M', {w * static_cast<double>(from), height - h * (static_cast<double>(row) + 0.5)});
            draw(d[k], 'h', {w * static_cast<double>(to - from)});
        }
    std::string out;
    for (std::size_t k = 0; k < levels; ++k)
        if (!d[k].empty())
            out += element("path", {{"class", level_class(k)}, {"stroke-width", px(h)}, {"d", d[k]}});
    return out;
}

GRADUS_BODY double heat::crossing(std::size_t a, std::size_t b) const {
    double at_a, at_b;  // of different sign if the line crosses
    if (classes != 0) {
        const std::size_t p = top_class(a), q = top_class(b);
        if (p == classes || q == classes || p == q) return colours::none;
        at_a = values[a * classes + p] - values[a * classes + q];
        at_b = values[b * classes + p] - values[b * classes + q];
        if (!std::isfinite(at_a - at_b) || at_a == at_b) return 0.5;
    } else {
        at_a = values[a] - colour.boundary, at_b = values[b] - colour.boundary;
        if (!std::isfinite(at_a + at_b) || (at_a < 0) == (at_b < 0)) return colours::none;
    }
    return at_a / (at_a - at_b);
}

GRADUS_BODY std::string heat::boundary_as_svg(double width, double height) const {
    struct point {
        double x, y;
    };
    const double w = width / static_cast<double>(columns), h = height / static_cast<double>(rows);
    std::string d;
    for (std::size_t row = 0; row + 1 < rows; ++row)
        for (std::size_t column = 0; column + 1 < columns; ++column) {
            const std::size_t n = row * columns + column;
            const std::size_t corners[] = {n, n + 1, n + columns + 1, n + columns, n};
            point found[4], middle = {0, 0};
            std::size_t count = 0;
            for (std::size_t i = 0; i < 4; ++i) {
                const double t = crossing(corners[i], corners[i + 1]);
                if (std::isnan(t)) continue;
                const auto place = [&](std::size_t cell) {
                    return point{w * (static_cast<double>(cell % columns) + 0.5),
                                 height - h * (static_cast<double>(cell / columns) + 0.5)};
                };
                const point a = place(corners[i]), b = place(corners[i + 1]);
                found[count] = {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
                middle.x += found[count].x, middle.y += found[count].y;
                ++count;
            }
            if (count < 2) continue;
            middle.x /= static_cast<double>(count), middle.y /= static_cast<double>(count);
            for (std::size_t i = 0; i < count; i += count == 2 ? 2 : 1) {  // three or four lines meet in the middle
                const point end = count == 2 ? found[1] : middle;
                draw(d, 'M', {found[i].x, found[i].y});
                draw(d, 'l', {end.x - found[i].x, end.y - found[i].y});
            }
        }
    return d.empty() ? "" : element("path", {{"class", "line frame"}, {"d", d}});
}

#endif

}  // namespace gradus::plot
