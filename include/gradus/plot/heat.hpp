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

    /// The colour of a value: 0 .. heat_levels - 1.
    [[nodiscard]] std::size_t level(double v) const {
        const double t = (v - colour.low) / (colour.high - colour.low) * heat_levels;
        return static_cast<std::size_t>(std::clamp(t, 0.0, heat_levels - 1.0));
    }

    /// The cells, drawn into width x height pixels: one path for each colour, one box for each run of cells of it.
    [[nodiscard]] std::string cells_as_svg(double width, double height) const {
        std::vector<std::string> path(heat_levels);
        const double w = width / static_cast<double>(side), h = height / static_cast<double>(side);
        for (std::size_t row = 0; row < side; ++row)
            for (std::size_t from = 0, to = 0; from < side; from = to) {
                const std::size_t k = level(at(row, from));
                while (to < side && std::isfinite(at(row, to)) && level(at(row, to)) == k) ++to;
                if (to == from) {  // not finite: no colour
                    ++to;
                    continue;
                }
                const double x0 = w * static_cast<double>(from), run = w * static_cast<double>(to - from);
                path[k] += "M" + px(x0) + " " + px(height - h * static_cast<double>(row + 1)) + "h" + px(run) + "v" +
                           px(h) + "h" + px(-run) + "z";
            }
        std::string out;
        for (std::size_t k = 0; k < heat_levels; ++k)
            if (!path[k].empty()) out += "<path class=\"heat h" + std::to_string(k) + "\" d=\"" + path[k] + "\"/>\n";
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
                const char* command = "M";  // two crossings are one piece of line, four are two
                for (std::size_t i = 0; i < 4; ++i) {
                    const corner &a = c[i], &b = c[i + 1];
                    if (!std::isfinite(a.v + b.v) || (a.v < 0) == (b.v < 0)) continue;
                    const double t = a.v / (a.v - b.v);
                    d += command + px(a.x + t * (b.x - a.x)) + " " + px(a.y + t * (b.y - a.y));
                    command = *command == 'M' ? "L" : "M";
                }
            }
        return d.empty() ? "" : "<path class=\"line frame\" d=\"" + d + "\"/>\n";
    }
};

}  // namespace gradus::plot
