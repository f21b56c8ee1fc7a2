#pragma once
/// \file
/// Lines, points, heat maps and regions on one pair of axes.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/plot/axis.hpp"
#include "gradus/plot/frame.hpp"
#include "gradus/plot/heat.hpp"
#include "gradus/plot/picture.hpp"
#include "gradus/plot/svg.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::plot {

/// The centres of cells x cells equal cells, row by row from the lowest y: (cells², 2), as input of a network.
template <class T = float>
[[nodiscard]] tensor<T, 2> grid(range x, range y, std::size_t cells) {
    tensor<T, 2> out({cells * cells, std::size_t{2}});
    const auto centre = [&](range r, std::size_t i) {
        return static_cast<T>(r.low + (r.high - r.low) * (static_cast<double>(i) + 0.5) / static_cast<double>(cells));
    };
    for (std::size_t n = 0; n < cells * cells; ++n) out(n, 0) = centre(x, n % cells), out(n, 1) = centre(y, n / cells);
    return out;
}

/// A picture with one pair of axes.
/// ```
/// gr::plot::figure picture("Loss", {.x = "step", .y = "MSE", .log_y = true});
/// picture.line("train", steps, losses);
/// picture.save("loss.svg");
/// ```
/// Series accept any range of numbers; values that are not finite are gaps. \throws data_error if x and y are empty
/// or differ in length.
class figure {
  public:
    explicit figure(std::string title, axes names = {}) : title_(std::move(title)), names_(std::move(names)) {}

    /// A line through (x, y), broken at values that are not finite.
    template <class X, class Y>
    figure& line(std::string name, const X& x, const Y& y) {
        return add(sign::line, std::move(name), numbers(x), numbers(y));
    }
    /// A line through (1, y₁), (2, y₂), ...
    template <class Y>
    figure& line(std::string name, const Y& y) {
        std::vector<double> x, values = numbers(y);
        while (x.size() < values.size()) x.push_back(static_cast<double>(x.size() + 1));
        return add(sign::line, std::move(name), std::move(x), std::move(values));
    }
    /// Points at (x, y).
    template <class X, class Y>
    figure& scatter(std::string name, const X& x, const Y& y) {
        return add(sign::dot, std::move(name), numbers(x), numbers(y));
    }

    /// z over x × y as colours, below everything else; the axes end where x and y do. z is a function f(x, y),
    /// evaluated at cells x cells points; or the values at the cells of `grid`, as a network returns them; or a matrix
    /// (rows, columns) with row 0 at the lowest y.
    /// Colours go from dark to bright; with negative values or a boundary, from blue over grey to orange.
    /// \throws data_error if the values fill neither a square grid nor a matrix, or the range of `c` is empty.
    template <class Z>
    figure& heat_map(std::string name, range x, range y, const Z& z, colours c = {}, std::size_t cells = 95) {
        heat h{std::move(name), x, y, {}, 0, 0, 0, c};
        if constexpr (!any_tensor<Z> && std::invocable<const Z&, double, double>) {
            const auto at = grid<double>(x, y, cells);
            for (std::size_t n = 0; n < cells * cells; ++n)
                h.values.push_back(static_cast<double>(z(at(n, 0), at(n, 1))));
        } else {
            h.values = numbers(z);
        }
        h.rows = h.columns = square_root(h.values.size());
        if constexpr (any_tensor<Z>)
            if constexpr (rank_of<Z> == 2)
                if (z.shape()[1] > 1) h.rows = z.shape()[0], h.columns = z.shape()[1];
        if (h.rows == 0 || h.columns < 2 || h.rows * h.columns != h.values.size())
            refuse({"heat map \"", h.name, "\" needs a square number of values, got ", h.values.size()});
        if (!h.fit_colours())
            refuse({"heat map \"", h.name, "\": from ", number_text(h.colour.low), " to ", number_text(h.colour.high),
                    " is no range of colours"});
        heat_ = std::move(h);
        return *this;
    }

    /// The regions of x × y where each of several classes has the highest score, below everything else, in the colours
    /// of the series. Scores at the cells of `grid`: (cells², classes), any range of numbers in that order.
    /// \throws data_error if the scores do not fill a square grid.
    template <class Z>
    figure& regions(range x, range y, const Z& scores, std::size_t classes) {
        heat h{"", x, y, numbers(scores), 0, 0, classes, {}};
        const std::size_t points = classes == 0 ? 0 : h.values.size() / classes;
        h.rows = h.columns = square_root(points);
        if (h.rows < 2 || h.rows * h.rows * classes != h.values.size())
            refuse({"regions of ", classes, " classes need as many scores for each cell of a square grid, got ",
                    h.values.size()});
        heat_ = std::move(h);
        return *this;
    }

    /// The picture as SVG. \throws data_error if nothing was added.
    [[nodiscard]] std::string svg() const { return drawn().svg(); }

    /// Writes it to a file. \throws data_error naming the path where that fails.
    void save(const std::string& path) const { drawn().save(path); }

  private:
    struct series {
        sign shown;
        std::string name;
        std::vector<double> x, y;
    };

    [[nodiscard]] static std::size_t square_root(std::size_t n) {
        const auto root = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(n))));
        return root * root == n ? root : 0;
    }

    [[noreturn]] void refuse(std::initializer_list<piece> why) const {
        throw data_error(message({"figure \"", title_, "\": ", message(why)}));
    }

    GRADUS_ONCE figure& add(sign shown, std::string name, std::vector<double> x, std::vector<double> y);

    GRADUS_ONCE [[nodiscard]] picture drawn() const;

    /// Series `i`, drawn into a box. The more points there are, the smaller they are drawn.
    GRADUS_ONCE [[nodiscard]] std::string series_as_svg(std::size_t i, const axis& x, const axis& y,
                                                        const box& b) const;

    [[nodiscard]] axis colour_axis() const { return axis(range{heat_.colour.low, heat_.colour.high}); }

    /// The colour bar of the heat map.
    GRADUS_ONCE [[nodiscard]] std::string colours_as_svg(const box& b) const;

    std::string title_;
    axes names_;
    std::vector<series> series_;
    heat heat_;
};

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY figure& figure::add(sign shown, std::string name, std::vector<double> x, std::vector<double> y) {
    if (x.size() != y.size()) refuse({"\"", name, "\" has ", x.size(), " x and ", y.size(), " y"});
    if (x.empty()) refuse({"\"", name, "\" has no values"});
    series_.push_back({shown, std::move(name), std::move(x), std::move(y)});
    return *this;
}

GRADUS_BODY picture figure::drawn() const {
    if (series_.empty() && heat_.rows == 0) refuse({"nothing to draw: it has no line, no points and no heat map"});
    const bool map = heat_.rows != 0, bar = map && heat_.classes == 0;
    const auto values = [&](auto member) {
        std::vector<double> all;
        for (const auto& s : series_) all.insert(all.end(), (s.*member).begin(), (s.*member).end());
        return all;
    };
    const axis x = map ? axis(heat_.x) : axis(values(&series::x), names_.log_x);
    const axis y = map ? axis(heat_.y) : axis(values(&series::y), names_.log_y);

    box b{left_margin(y), 0, map ? 380.0 : 544.0, map ? 380.0 : 290.0};
    double right = 24;  // space for half of the last number of the x axis, or for the colour bar
    if (!x.ticks.empty()) right = std::max(right, text_width(x.label(x.ticks.back())) / 2 + 4);
    if (bar)
        for (double v : colour_axis().ticks)
            right = std::max({right, 92.0, 46 + text_width(colour_axis().label(v))});
    const double whole = b.right() + right;
    std::string out = heading(title_, b.left, whole - b.left - 8, b.top);
    out += legend_as_svg(series_, b.left, b.right(), b.top);
    if (bar && !heat_.name.empty() && b.top < 30) b.top = 30;  // the name of the colour bar is above it
    out += x_axis_as_svg(x, names_.x, b);
    out += y_axis_as_svg(y, names_.y, b);

    std::string content;
    if (map) content = heat_.cells_as_svg(b.width, b.height) + heat_.boundary_as_svg(b.width, b.height);
    for (std::size_t i = 0; i < series_.size(); ++i) content += series_as_svg(i, x, y, b);
    // A nested svg element clips what lies outside the axes of a heat map.
    out += element("svg",
                   {{"x", px(b.left)},
                    {"y", px(b.top)},
                    {"width", px(b.width)},
                    {"height", px(b.height)},
                    {"overflow", map ? "hidden" : "visible"}},
                   content);
    out += rectangle("frame", b.left, b.top, b.width, b.height);
    if (bar) out += colours_as_svg({b.right() + 16, b.top, 16, b.height});
    return {title_, whole, b.bottom() + (names_.x.empty() ? 34 : 54), out};
}

GRADUS_BODY std::string figure::series_as_svg(std::size_t i, const axis& x, const axis& y, const box& b) const {
    const auto& s = series_[i];
    const std::size_t n_points = s.x.size();
    const double r = n_points <= 100 ? 5 : n_points <= 400 ? 4 : n_points <= 2000 ? 3 : 2;
    std::string points, d;
    bool drawing = false;
    const auto has = [&](std::size_t n) { return n < n_points && x.has(s.x[n]) && y.has(s.y[n]); };
    for (std::size_t n = 0; n < n_points; ++n) {
        const bool alone = !drawing && !has(n + 1);  // a point without neighbours
        drawing = has(n);
        if (!drawing) continue;
        const double at_x = b.width * x.place(s.x[n]), at_y = b.height * (1 - y.place(s.y[n]));
        if (s.shown == sign::dot)
            points += dot(i, at_x, at_y, r);
        else if (alone)
            points += element("circle", {{"cx", px(at_x)}, {"cy", px(at_y)}, {"r", "3"}});
        else
            draw(d, n > 0 && has(n - 1) ? 'L' : 'M', {at_x, at_y});
    }
    std::string out;
    if (!d.empty() && heat_.rows != 0)
        out = element("path", {{"class", "line halo"}, {"d", d}});  // visible on any colour
    if (!d.empty()) out += element("path", {{"class", series_class("line", i)}, {"d", d}});
    return out += dots(i, points);
}

GRADUS_BODY std::string figure::colours_as_svg(const box& b) const {
    const axis values = colour_axis();
    const double step = b.height / heat_levels;
    std::string out = label(b.left, b.top - 10, "start", shortened(heat_.name, 72));
    for (std::size_t k = 0; k < heat_levels; ++k) {
        const double part = static_cast<double>(k) + 0.5;
        const double v = heat_.colour.low + part / heat_levels * (heat_.colour.high - heat_.colour.low);
        std::string d;
        draw(d, 'M', {b.left, b.bottom() - step * part});
        draw(d, 'h', {b.width});
        out += element("path",
                       {{"class", heat_.level_class(heat_.level_of(v))}, {"stroke-width", px(step)}, {"d", d}});
    }
    for (double v : values.ticks)
        out += label(b.right() + 6, b.bottom() - b.height * values.place(v) + 4.5, "start", values.label(v));
    return out;
}

#endif

}  // namespace gradus::plot
