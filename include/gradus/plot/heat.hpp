#pragma once
/// \file
/// A function of two variables as coloured cells, and the line where it crosses a value.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "gradus/plot/axis.hpp"
#include "gradus/plot/svg.hpp"

namespace gradus::plot {

/// How a heat map is coloured: from `low` to `high` (by default those of its values), and where a line is drawn.
struct colours {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();
    double low = none, high = none;
    double boundary = none;  ///< a line where the values cross this one
};

/// Values of side x side equal cells over x × y, row by row from the lowest y.
struct heat {
    std::string name;
    range x, y;
    std::vector<double> values;
    std::size_t side = 0;
    colours colour;

    [[nodiscard]] double at(std::size_t row, std::size_t column) const { return values[row * side + column]; }

    /// The colour of a value: 0 .. heat_levels - 1; heat_levels, which is none, of what is not finite.
    [[nodiscard]] std::size_t level(double v) const {
        if (!std::isfinite(v)) return heat_levels;
        const double t = (v - colour.low) / (colour.high - colour.low) * heat_levels;
        return static_cast<std::size_t>(std::clamp(t, 0.0, heat_levels - 1.0));
    }

    /// The cells, drawn into width x height pixels: one path for each colour, one box for each run of cells of it.
    [[nodiscard]] std::string cells_as_svg(double width, double height) const {
        std::vector<std::string> d(heat_levels);
        const double w = width / static_cast<double>(side), h = height / static_cast<double>(side);
        for (std::size_t row = 0; row < side; ++row)
            for (std::size_t from = 0, to = 0; from < side; from = to) {
                const std::size_t k = level(at(row, from));
                while (to < side && level(at(row, to)) == k) ++to;
                if (k == heat_levels) continue;
                const double run = w * static_cast<double>(to - from);
                draw(d[k], 'M', {w * static_cast<double>(from), height - h * static_cast<double>(row + 1)});
                draw(d[k], 'h', {run});
                draw(d[k], 'v', {h});
                draw(d[k], 'h', {-run});
                draw(d[k], 'z', {});
            }
        std::string out;
        for (std::size_t k = 0; k < heat_levels; ++k)
            if (!d[k].empty()) out += element("path", {{"class", numbered("heat h", k)}, {"d", d[k]}});
        return out;
    }

    /// The line where the values cross colour.boundary, straight between the centres of cells (marching squares).
    [[nodiscard]] std::string boundary_as_svg(double width, double height) const {
        const double w = width / static_cast<double>(side), h = height / static_cast<double>(side);
        std::string d;
        for (std::size_t row = 0; row + 1 < side; ++row)
            for (std::size_t column = 0; column + 1 < side; ++column) {
                struct corner {
                    double x, y, v;
                };
                corner c[5];  // around the square, back to the first
                for (std::size_t i = 0; i < 5; ++i) {
                    const std::size_t r = row + (i == 2 || i == 3), k = column + (i == 1 || i == 2);
                    c[i] = {w * (static_cast<double>(k) + 0.5), height - h * (static_cast<double>(r) + 0.5),
                            at(r, k) - colour.boundary};
                }
                char command = 'M';  // two crossings are one piece of line, four are two
                for (std::size_t i = 0; i < 4; ++i) {
                    const corner &a = c[i], &b = c[i + 1];
                    if (!std::isfinite(a.v + b.v) || (a.v < 0) == (b.v < 0)) continue;
                    const double t = a.v / (a.v - b.v);
                    draw(d, command, {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
                    command = command == 'M' ? 'L' : 'M';
                }
            }
        return d.empty() ? "" : element("path", {{"class", "line frame"}, {"d", d}});
    }
};

}  // namespace gradus::plot
