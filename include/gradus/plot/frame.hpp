#pragma once
/// \file
/// The frame of the data: axes with grid lines, numbers and names; the legend.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/plot/axis.hpp"
#include "gradus/plot/style.hpp"
#include "gradus/plot/svg.hpp"

namespace gradus::plot {

/// The names of the axes, and which of them are logarithmic.
struct axes {
    std::string x = "", y = "";
    bool log_x = false, log_y = false;
};

/// The area of the data, in pixels.
struct box {
    double left, top, width, height;

    [[nodiscard]] double right() const { return left + width; }
    [[nodiscard]] double bottom() const { return top + height; }
};

/// The distance of the box from the left edge of the picture: space for the name and the numbers of the y axis.
GRADUS_ONCE [[nodiscard]] double left_margin(const axis& y);

/// The x axis below a box: grid lines, numbers (every second or third if not all fit), name.
GRADUS_ONCE [[nodiscard]] std::string x_axis_as_svg(const axis& x, std::string_view name, const box& b);

/// The name of a y axis, rotated to read upwards, centred at (18, y).
[[nodiscard]] inline std::string y_name_as_svg(std::string_view name, double y, double room) {
    if (name.empty()) return "";
    return element("g", {{"transform", "rotate(-90)"}}, label(-y, 18, "middle", shortened(name, room)));
}

/// The y axis at the left of a box: grid lines, numbers, name.
GRADUS_ONCE [[nodiscard]] std::string y_axis_as_svg(const axis& y, std::string_view name, const box& b);

/// Names below columns: horizontal if all of them fit, else slanted. `height` is set to the space that they take.
GRADUS_ONCE [[nodiscard]] std::string names_below(const std::vector<std::string>& names, double left, double step,
                                                  double bottom, double& height);

/// How a series is shown in the legend.
enum class sign { line, dot, bar };

/// The CSS classes for the colour of series `i`; when colours repeat, lines are dashed.
[[nodiscard]] inline std::string series_class(std::string kind, std::size_t i) {
    return numbered(kind += " s", i % series_colours) += i / series_colours % 2 == 1 ? " dashed" : "";
}

/// A point of series `i`, about 2 r wide: a circle, a square, a triangle or a diamond, so that series differ in more
/// than colour; each of the first 24 has its own combination.
GRADUS_ONCE [[nodiscard]] std::string dot(std::size_t i, double x, double y, double r);

/// Points of series `i`.
[[nodiscard]] inline std::string dots(std::size_t i, std::string_view all) {
    return all.empty() ? "" : element("g", {{"class", numbered("dot s", i % series_colours)}}, all);
}

/// The names of the series, in rows that begin at `top`, which is moved below them. Unnamed series are left out.
template <class Series>
[[nodiscard]] std::string legend_as_svg(const std::vector<Series>& all, double left, double right, double& top) {
    std::string out;
    double x = left, sum = 0, widest = 0;
    for (const auto& s : all) sum += 48 + text_width(s.name), widest = std::max(widest, 48 + text_width(s.name));
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].name.empty()) continue;
        const std::string name = shortened(all[i].name, right - left - 28);
        const double wide =
            sum - 20 <= right - left ? 28 + text_width(name) : widest - 20;  // several rows are aligned in columns
        if (x > left && x + wide > right) x = left;
        if (x == left) top += 22;
        const double y = top - 18;
        std::string d;
        draw(d, 'M', {x, y});
        draw(d, 'h', {20});
        if (all[i].shown == sign::line) out += element("path", {{"class", series_class("line", i)}, {"d", d}});
        if (all[i].shown == sign::dot) out += dots(i, dot(i, x + 10, y, 5));
        if (all[i].shown == sign::bar) out += rectangle(series_class("cell", i), x + 4, y - 6, 12, 12);
        out += label(x + 28, y + 4.5, "start", name);
        x += wide + 20;
    }
    return out;
}

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY double left_margin(const axis& y) {
    double widest = 0;
    for (double v : y.ticks) widest = std::max(widest, text_width(y.label(v)));
    return std::max(72.0, 36 + widest);
}

GRADUS_BODY std::string x_axis_as_svg(const axis& x, std::string_view name, const box& b) {
    std::string lines, out;
    double room = b.width, widest = 0;
    for (std::size_t i = 0; i < x.ticks.size(); ++i) {
        if (i > 0) room = std::min(room, b.width * (x.place(x.ticks[i]) - x.place(x.ticks[i - 1])));
        widest = std::max(widest, text_width(x.label(x.ticks[i])));
    }
    const auto every = static_cast<std::size_t>(std::ceil((widest + 8) / room));
    for (std::size_t i = 0; i < x.ticks.size(); ++i) {
        const double at = b.left + b.width * x.place(x.ticks[i]);
        draw(lines, 'M', {at, b.top});
        draw(lines, 'v', {b.height});
        if (i % every == 0) out += label(at, b.bottom() + 20, "middle", x.label(x.ticks[i]));
    }
    if (!lines.empty()) out += element("path", {{"class", "grid"}, {"d", lines}});
    return out += label(b.left + b.width / 2, b.bottom() + 42, "middle", shortened(name, b.width));
}

GRADUS_BODY std::string y_axis_as_svg(const axis& y, std::string_view name, const box& b) {
    std::string lines, out;
    for (double v : y.ticks) {
        const double at = b.bottom() - b.height * y.place(v);
        draw(lines, 'M', {b.left, at});
        draw(lines, 'h', {b.width});
        out += label(b.left - 8, at + 4.5, "end", y.label(v));
    }
    if (!lines.empty()) out += element("path", {{"class", "grid"}, {"d", lines}});
    return out += y_name_as_svg(name, b.top + b.height / 2, b.height);
}

GRADUS_BODY std::string names_below(const std::vector<std::string>& names, double left, double step, double bottom,
                                    double& height) {
    double widest = 0;
    for (const std::string& name : names) widest = std::max(widest, text_width(name));
    const bool level = widest + 6 <= step;
    height = level ? 22 : 16 + 0.65 * std::min(widest, 150.0);
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const double x = left + step * (static_cast<double>(i) + 0.5);
        if (level) {
            out += label(x, bottom + 20, "middle", names[i]);
        } else {
            const std::string turn = "translate(" + px(x + 5) + " " + px(bottom + 14) + ")rotate(-40)";
            out +=
                element("g", {{"transform", turn}}, label(0, 0, "end", shortened(names[i], std::min(150.0, x / 0.77))));
        }
    }
    return out;
}

GRADUS_BODY std::string dot(std::size_t i, double x, double y, double r) {
    const std::size_t shape = (i + i / series_colours) % 4;
    const double side = 1.8 * r, reach = 1.3 * r;
    if (shape == 0) return element("circle", {{"cx", px(x)}, {"cy", px(y)}, {"r", px(r)}});
    if (shape == 1)
        return element("rect",
                       {{"x", px(x - side / 2)}, {"y", px(y - side / 2)}, {"width", px(side)}, {"height", px(side)}});
    std::string d;
    draw(d, 'M', {x, y - reach});
    draw(d, 'l', {reach, shape == 2 ? 2 * r : reach});
    if (shape == 2) draw(d, 'h', {-2 * reach});
    if (shape == 3) draw(d, 'l', {-reach, reach}), draw(d, 'l', {-reach, -reach});
    return element("path", {{"d", d += 'z'}});
}

#endif

}  // namespace gradus::plot
