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
    /// Values of the cells of `grid`, as colours under everything else; the axes end where the grid does.
    /// \throws error where they do not fill a square grid.
    template <class Z>
    requires(!std::invocable<const Z&, double, double>) figure& heat_map(std::string name, range x, range y, const Z& z,
                                                                         colours c = {}) {
        heat h{std::move(name), x, y, numbers(z), 0, c};
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
    /// The same of a function z = f(x, y).
    template <std::invocable<double, double> F>
    figure& heat_map(std::string name, range x, range y, const F& f, colours c = {}, std::size_t cells = 100) {
        const auto at = grid<double>(x, y, cells);
        std::vector<double> z(cells * cells);
        for (std::size_t n = 0; n < z.size(); ++n) z[n] = static_cast<double>(f(at(n, 0), at(n, 1)));
        return heat_map(std::move(name), x, y, z, c);
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
        const double under = top + height;
        std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gradus-plot\" role=\"img\" width=\"" +
                          px(whole) + "\" height=\"" + px(under + 54) + "\" viewBox=\"0 0 " + px(whole) + " " +
                          px(under + 54) + "\">\n<title>" + escaped(title_) + "</title>\n" + style() +
                          "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n" +
                          svg_text(left, 26, "start", title_, " class=\"title\"") + legend;
        std::string lines;
        for (double v : x.ticks) {
            const double at = left + width * x.place(v);
            lines += "M" + px(at) + " " + px(top) + "v" + px(height);
            out += svg_text(at, under + 20, "middle", x.label(v));
        }
        for (double v : y.ticks) {
            const double at = under - height * y.place(v);
            lines += "M" + px(left) + " " + px(at) + "h" + px(width);
            out += svg_text(left - 8, at + 4.5, "end", y.label(v));
        }
        out += "<path class=\"grid\" d=\"" + lines + "\"/>\n" +
               svg_text(left + width / 2, under + 42, "middle", names_.x) +
               svg_text(-top - height / 2, 18, "middle", names_.y, " transform=\"rotate(-90)\"");

        // A picture in the picture: its edge cuts off what does not lie between the axes of a heat map.
        out += "<svg x=\"" + px(left) + "\" y=\"" + px(top) + "\" width=\"" + px(width) + "\" height=\"" + px(height) +
               "\" overflow=\"" + (map ? "hidden" : "visible") + "\">\n";
        if (map) out += heat_.cells_as_svg(width, height) + heat_.boundary_as_svg(width, height);
        for (std::size_t i = 0; i < series_.size(); ++i) {
            const auto& s = series_[i];
            std::string d;
            bool drawing = false;
            for (std::size_t n = 0; n < s.x.size(); ++n) {
                const bool shown = x.has(s.x[n]) && y.has(s.y[n]);
                const double at_x = width * x.place(s.x[n]), at_y = height * (1 - y.place(s.y[n]));
                if (shown && !s.line) out += dot(i, at_x, at_y);
                if (shown && s.line) d += (drawing ? "L" : "M") + px(at_x) + " " + px(at_y) + (drawing ? "" : "h0");
                drawing = shown;
            }
            if (s.line) out += "<path class=\"line " + colour(i) + "\" d=\"" + d + "\"/>\n";
        }
        out += "</svg>\n<rect class=\"frame\" x=\"" + px(left) + "\" y=\"" + px(top) + "\" width=\"" + px(width) +
               "\" height=\"" + px(height) + "\"/>\n";
        return out + (map ? bar_as_svg(left + width + 16, top, height) : "") + "</svg>\n";
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

    /// The class that gives series `i` its colour; where colours come again, lines are dashed.
    static std::string colour(std::size_t i) {
        return "s" + std::to_string(i % series_colours) + (i / series_colours % 2 == 1 ? " dashed" : "");
    }

    /// A point of series `i`: round, or square, so that two classes differ in more than colour.
    static std::string dot(std::size_t i, double x, double y) {
        const std::string kind = " class=\"dot " + colour(i) + "\"";
        if (i % 2 == 0) return "<circle" + kind + " cx=\"" + px(x) + "\" cy=\"" + px(y) + "\" r=\"5\"/>\n";
        return "<rect" + kind + " x=\"" + px(x - 4.5) + "\" y=\"" + px(y - 4.5) + "\" width=\"9\" height=\"9\"/>\n";
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
            out += s.line ? "<path class=\"line " + colour(i) + "\" d=\"M" + px(x) + " " + px(y) + "h20\"/>\n"
                          : dot(i, x + 10, y);
            out += svg_text(x + 28, y + 4.5, "start", s.name);
            x += wide;
        }
        return out;
    }

    /// The colours of the heat map and what they mean.
    [[nodiscard]] std::string bar_as_svg(double x, double top, double height) const {
        const axis values(range{heat_.colour.low, heat_.colour.high});
        const double step = height / heat_levels;
        std::string out = svg_text(x, top - 10, "start", heat_.name);
        for (std::size_t k = 0; k < heat_levels; ++k)
            out += "<rect class=\"heat h" + std::to_string(k) + "\" x=\"" + px(x) + "\" y=\"" +
                   px(top + height - step * static_cast<double>(k + 1)) + "\" width=\"16\" height=\"" + px(step) +
                   "\"/>\n";
        for (double v : values.ticks)
            out += svg_text(x + 22, top + height * (1 - values.place(v)) + 4.5, "start", values.label(v));
        return out;
    }

    std::string title_;
    axes names_;
    std::vector<series> series_;
    heat heat_;
};

}  // namespace gradus::plot
