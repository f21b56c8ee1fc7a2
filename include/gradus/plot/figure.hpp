#pragma once
/// \file
/// Pictures as SVG: lines, points and heat maps in one pair of axes. Readable on light and on dark ground.

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/core/tensor.hpp"
#include "gradus/plot/axis.hpp"
#include "gradus/plot/heat.hpp"
#include "gradus/plot/svg.hpp"

namespace gradus::plot {

/// What stands at the axes, and which of them is logarithmic.
struct axes {
    std::string x = "", y = "";
    bool log_x = false, log_y = false;
};

/// The centres of cells x cells equal cells, row by row from the lowest y: (cells², 2), for a network to be asked
/// about.
template <class T = float>
[[nodiscard]] tensor<T, 2> grid(range x, range y, std::size_t cells) {
    tensor<T, 2> out({cells * cells, std::size_t{2}});
    const auto centre = [&](range r, std::size_t i) {
        return static_cast<T>(r.low + (r.high - r.low) * (static_cast<double>(i) + 0.5) / static_cast<double>(cells));
    };
    for (std::size_t n = 0; n < cells * cells; ++n) out(n, 0) = centre(x, n % cells), out(n, 1) = centre(y, n / cells);
    return out;
}

/// One picture.
/// ```
/// gr::plot::figure picture("Loss", {.x = "step", .y = "MSE", .log_y = true});
/// picture.line("train", steps, losses);
/// picture.save("loss.svg");
/// ```
/// Series take any range of numbers. \throws error where x and y differ in length.
class figure {
  public:
    explicit figure(std::string title, axes names = {}) : title_(std::move(title)), names_(std::move(names)) {}

    /// A line through (x, y); it is broken where a value is not finite.
    template <class X, class Y>
    figure& line(std::string name, const X& x, const Y& y) {
        return add(true, std::move(name), numbers(x), numbers(y));
    }
    /// A line through (1, y₁), (2, y₂), ...
    template <class Y>
    figure& line(std::string name, const Y& y) {
        std::vector<double> x, values = numbers(y);
        while (x.size() < values.size()) x.push_back(static_cast<double>(x.size() + 1));
        return add(true, std::move(name), std::move(x), std::move(values));
    }
    /// Points at (x, y).
    template <class X, class Y>
    figure& scatter(std::string name, const X& x, const Y& y) {
        return add(false, std::move(name), numbers(x), numbers(y));
    }
    /// z over x × y as colours, under everything else; the axes end where x and y do. z is a function f(x, y), asked
    /// about cells x cells points, or the values of the cells of `grid`, as a network gives them.
    /// \throws error where values do not fill a square grid.
    template <class Z>
    figure& heat_map(std::string name, range x, range y, const Z& z, colours c = {}, std::size_t cells = 100) {
        heat h{std::move(name), x, y, {}, 0, c};
        if constexpr (std::invocable<const Z&, double, double>) {
            const auto at = grid<double>(x, y, cells);
            for (std::size_t n = 0; n < cells * cells; ++n)
                h.values.push_back(static_cast<double>(z(at(n, 0), at(n, 1))));
        } else {
            h.values = numbers(z);
        }
        h.side = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(h.values.size()))));
        if (h.side < 2 || h.side * h.side != h.values.size())
            throw error("figure \"" + title_ + "\": heat map \"" + h.name + "\" needs a square number of values, got " +
                        std::to_string(h.values.size()));
        double low = std::numeric_limits<double>::infinity(), high = -low;
        for (double v : h.values)
            if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
        if (std::isnan(c.low)) h.colour.low = low <= high ? low : 0;
        if (std::isnan(c.high)) h.colour.high = high > h.colour.low ? high : h.colour.low + 1;
        heat_ = std::move(h);
        return *this;
    }

    /// The picture as SVG.
    [[nodiscard]] std::string svg() const {
        const bool map = heat_.side != 0;
        const auto values = [&](auto member) {
            std::vector<double> all;
            for (const auto& s : series_) all.insert(all.end(), (s.*member).begin(), (s.*member).end());
            return all;
        };
        const axis x = map ? axis(heat_.x) : axis(values(&series::x), names_.log_x);
        const axis y = map ? axis(heat_.y) : axis(values(&series::y), names_.log_y);

        const double left = 72, width = map ? 380 : 544, height = map ? 380 : 290;
        const double whole = left + width + (map ? 92 : 24);
        double top = 44;
        const std::string legend = legend_as_svg(left, whole, top);
        const double under = top + height, bottom = under + 54;
        std::string out = element("title", {}, escaped(title_));
        out += style();
        out += element("rect", {{"class", "paper"}, {"width", px(whole)}, {"height", px(bottom)}});
        out += element("text", {{"class", "title"}, {"x", px(left)}, {"y", "26"}}, escaped(title_));
        out += legend;
        std::string lines;
        for (double v : x.ticks) {
            const double at = left + width * x.place(v);
            draw(lines, 'M', {at, top});
            draw(lines, 'v', {height});
            out += label(at, under + 20, "middle", x.label(v));
        }
        for (double v : y.ticks) {
            const double at = under - height * y.place(v);
            draw(lines, 'M', {left, at});
            draw(lines, 'h', {width});
            out += label(left - 8, at + 4.5, "end", y.label(v));
        }
        out += element("path", {{"class", "grid"}, {"d", lines}});
        out += label(left + width / 2, under + 42, "middle", names_.x);
        out += element("g", {{"transform", "rotate(-90)"}}, label(-top - height / 2, 18, "middle", names_.y));

        std::string content;
        if (map) content = heat_.cells_as_svg(width, height) + heat_.boundary_as_svg(width, height);
        for (std::size_t i = 0; i < series_.size(); ++i) content += series_as_svg(i, x, y, width, height);
        // A picture in the picture: its edge cuts off what does not lie between the axes of a heat map.
        out += element("svg",
                       {{"x", px(left)},
                        {"y", px(top)},
                        {"width", px(width)},
                        {"height", px(height)},
                        {"overflow", map ? "hidden" : "visible"}},
                       content);
        out += element(
            "rect",
            {{"class", "frame"}, {"x", px(left)}, {"y", px(top)}, {"width", px(width)}, {"height", px(height)}});
        if (map) out += bar_as_svg(left + width + 16, top, height);
        std::string box = "0 0 ";  // lets a page scale it
        ((box += px(whole)) += ' ') += px(bottom);
        return element("svg",
                       {{"xmlns", "http://www.w3.org/2000/svg"},
                        {"class", "gradus-plot"},
                        {"role", "img"},
                        {"width", px(whole)},
                        {"height", px(bottom)},
                        {"viewBox", box}},
                       out);
    }

    /// Writes it to a file. \throws data_error naming the path where that fails.
    void save(const std::string& path) const {
        const std::string text = svg();
        std::FILE* file = std::fopen(path.c_str(), "wb");
        const bool written = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
        const bool closed = file != nullptr && std::fclose(file) == 0;
        if (!written || !closed) throw data_error("cannot write " + path + ": " + std::strerror(errno));
    }

  private:
    struct series {
        bool line;
        std::string name;
        std::vector<double> x, y;
    };

    template <class R>
    static std::vector<double> numbers(const R& r) {
        std::vector<double> out;
        for (auto v : r) out.push_back(static_cast<double>(v));
        return out;
    }

    figure& add(bool line, std::string name, std::vector<double> x, std::vector<double> y) {
        if (x.size() != y.size())
            throw error("figure \"" + title_ + "\": \"" + name + "\" has " + std::to_string(x.size()) + " x and " +
                        std::to_string(y.size()) + " y");
        series_.push_back({line, std::move(name), std::move(x), std::move(y)});
        return *this;
    }

    /// The classes that give series `i` its colour; where colours come again, lines are dashed.
    static std::string colour(std::string kind, std::size_t i) {
        return numbered(kind += " s", i % series_colours) += i / series_colours % 2 == 1 ? " dashed" : "";
    }

    /// A point of series `i`: round, or square, so that two classes differ in more than colour.
    static std::string dot(std::size_t i, double x, double y) {
        const std::string kind = colour("dot", i);
        if (i % 2 == 0) return element("circle", {{"class", kind}, {"cx", px(x)}, {"cy", px(y)}, {"r", "5"}});
        return element("rect",
                       {{"class", kind}, {"x", px(x - 4.5)}, {"y", px(y - 4.5)}, {"width", "9"}, {"height", "9"}});
    }

    /// Series `i`, drawn into width x height pixels.
    [[nodiscard]] std::string series_as_svg(std::size_t i, const axis& x, const axis& y, double width,
                                            double height) const {
        const auto& s = series_[i];
        std::string dots, d;
        bool drawing = false;
        for (std::size_t n = 0; n < s.x.size(); ++n) {
            const double at_x = width * x.place(s.x[n]), at_y = height * (1 - y.place(s.y[n]));
            const bool shown = x.has(s.x[n]) && y.has(s.y[n]);
            if (shown && !s.line) dots += dot(i, at_x, at_y);
            if (shown && s.line) draw(d, drawing ? 'L' : 'M', {at_x, at_y});
            if (shown && s.line && !drawing) draw(d, 'h', {0});  // a point that stands alone is seen, too
            drawing = shown;
        }
        return s.line ? element("path", {{"class", colour("line", i)}, {"d", d}}) : dots;
    }

    /// The names of the series, in rows between the title and `top`, which moves down to make room.
    [[nodiscard]] std::string legend_as_svg(double left, double right, double& top) const {
        std::string out;
        double x = left;
        for (std::size_t i = 0; i < series_.size(); ++i) {
            const auto& s = series_[i];
            if (s.name.empty()) continue;
            const double wide = 28 + text_width(s.name) + 20;
            if (x > left && x + wide > right) x = left;
            if (x == left) top += 22;
            const double y = top - 18;
            std::string d;
            draw(d, 'M', {x, y});
            draw(d, 'h', {20});
            out += s.line ? element("path", {{"class", colour("line", i)}, {"d", d}}) : dot(i, x + 10, y);
            out += label(x + 28, y + 4.5, "start", s.name);
            x += wide;
        }
        return out;
    }

    /// The colours of the heat map and what they mean.
    [[nodiscard]] std::string bar_as_svg(double x, double top, double height) const {
        const axis values(range{heat_.colour.low, heat_.colour.high});
        const double step = height / heat_levels;
        std::string out = label(x, top - 10, "start", heat_.name);
        for (std::size_t k = 0; k < heat_levels; ++k)
            out += element("rect", {{"class", numbered("heat h", k)},
                                    {"x", px(x)},
                                    {"y", px(top + height - step * static_cast<double>(k + 1))},
                                    {"width", "16"},
                                    {"height", px(step)}});
        for (double v : values.ticks)
            out += label(x + 22, top + height * (1 - values.place(v)) + 4.5, "start", values.label(v));
        return out;
    }

    std::string title_;
    axes names_;
    std::vector<series> series_;
    heat heat_;
};

}  // namespace gradus::plot
