#pragma once
/// \file
/// A recurrent network unrolled in time: the usual textbook picture, with the numbers of one sample.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <gradus/plot/picture.hpp>
#include <gradus/plot/style.hpp>
#include <gradus/plot/svg.hpp>
#include <gradus/tensor/tensor.hpp>
#include <span>
#include <string>
#include <vector>

namespace example {

namespace plot = gradus::plot;

/// What is drawn: θ, and x_t, h_t and the forecast of one sample, for the first three steps and the last two.
struct unrolled {
    std::span<const float> W, U, b, V, c;  // (1, H), (H, H), (H), (H, 1), (1)
    std::vector<double> x;                 // x_1 ... x_T
    std::vector<std::vector<double>> h;    // h_0 ... h_T, (T + 1, H)
    double y_hat, y;

    static constexpr double cell_width = 52, cell_height = 26;  // of a number, in pixels

    [[nodiscard]] plot::picture picture(const std::string& title) const {
        const std::size_t H = b.size(), T = x.size();
        const double step = 112, left = 24, box = cell_height * static_cast<double>(H);
        double top = 0;
        const double width = left + step * 7 + cell_width + 24;
        std::string out = plot::heading(title, 24, width - 48, top);
        const double h_top = top + 34, x_top = h_top + box + 60, middle = h_top + box / 2;
        double at = left;
        out += matrix(h[0], H, 1, at, h_top, 1) + plot::label(at + cell_width / 2, h_top - 8, "middle", "h₀");
        std::size_t before = 0;
        for (std::size_t t : {std::size_t{1}, std::size_t{2}, std::size_t{3}, T - 1, T}) {
            if (t <= before) continue;
            if (t != before + 1) {
                out += arrow(at + cell_width + 4, middle, at + step + 8, middle), at += step;
                out += plot::label(at + cell_width / 2, middle + 4.5, "middle", "⋯", "title");
            }
            out += arrow(at + cell_width + 4, middle, at + step - 4, middle, "U"), at += step;
            out += plot::label(at + cell_width / 2, h_top - 8, "middle", indexed("h", t));
            out += matrix(h[t], H, 1, at, h_top, 1);
            out += arrow(at + cell_width / 2, x_top - 4, at + cell_width / 2, h_top + box + 4, "W");
            out += matrix({x[t - 1]}, 1, 1, at, x_top, 1);
            out += plot::label(at + cell_width / 2, x_top + 44, "middle", indexed("x", t));
            before = t;
        }
        out += arrow(at + cell_width + 4, middle, at + step - 4, middle, "V"), at += step;
        out += matrix({y_hat}, 1, 1, at, middle - cell_height / 2, 1);
        out += plot::label(at + cell_width / 2, middle - cell_height / 2 - 8, "middle", "ŷ");
        out += plot::label(at + cell_width / 2, middle + cell_height / 2 + 18, "middle",
                           std::string("y = ") += number(y), "small");

        const double below = x_top + 84;
        double place = left, most = 0;
        for (const auto& values : {W, U, b, V, c})
            for (float v : values) most = std::max(most, static_cast<double>(std::abs(v)));
        const auto parameter = [&](const char* name, std::span<const float> values, std::size_t high,
                                   std::size_t wide) {
            out += plot::label(place, below - 8, "start", name);
            out += matrix({values.begin(), values.end()}, high, wide, place, below, most);
            place += cell_width * static_cast<double>(wide) + 26;
        };
        parameter("W", W, 1, H), parameter("U", U, H, H), parameter("b", b, 1, H), parameter("V", V, H, 1),
            parameter("c", c, 1, 1);
        const std::string h_T = indexed("h", T);
        const double last = below + box + 30;
        out += plot::label(left, last, "start",
                           h_T + " = tanh(" + indexed("x", T) + " W + " + indexed("h", T - 1) + " U + b)");
        out += plot::label(left + 250, last, "start", "ŷ = " + h_T + " V + c");
        return {title, std::max(width, place), below + box + 46, out};
    }

  private:
    static std::string number(double v) {
        char text[32];
        std::snprintf(text, sizeof text, "%.2f", v);
        return text;
    }
    /// A name with its index: "h₂₅".
    static std::string indexed(const std::string& name, std::size_t t) {
        static constexpr const char* digits[] = {"₀", "₁", "₂", "₃", "₄", "₅", "₆", "₇", "₈", "₉"};
        return (t < 10 ? name : indexed(name, t / 10)) + digits[t % 10];
    }
    /// Numbers in cells, coloured from −most to most.
    static std::string matrix(const std::vector<double>& values, std::size_t high, std::size_t wide, double left,
                              double top, double most) {
        std::string out;
        for (std::size_t i = 0; i < high * wide; ++i) {
            const double x = left + cell_width * static_cast<double>(i % wide),
                         y = top + cell_height * static_cast<double>(i / wide);
            const double part = std::clamp((values[i] / most + 1) / 2, 0.0, 1.0);
            const auto level = std::min(plot::heat_levels - 1, static_cast<std::size_t>(part * plot::heat_levels));
            out += plot::rectangle(plot::numbered("cell h", level), x, y, cell_width - 1, cell_height - 1);
            out += plot::label(x + cell_width / 2, y + cell_height / 2 + 4, "middle", number(values[i]), "strong");
        }
        return out;
    }
    /// An arrow between two points, labelled with the name of the factor.
    static std::string arrow(double x, double y, double to_x, double to_y, const char* name = "") {
        const double length = std::hypot(to_x - x, to_y - y), a = (to_x - x) / length, b = (to_y - y) / length;
        std::string d;
        plot::draw(d, 'M', {x, y}), plot::draw(d, 'L', {to_x, to_y});
        plot::draw(d, 'm', {-7 * a - 4 * b, -7 * b + 4 * a}), plot::draw(d, 'L', {to_x, to_y});
        plot::draw(d, 'l', {-7 * a + 4 * b, -7 * b - 4 * a});
        const bool level = std::abs(a) > 0.9;
        return plot::element("path", {{"class", "frame"}, {"d", d}}) + plot::label((x + to_x) / 2 + (level ? 0 : 8),
                                                                                   (y + to_y) / 2 + (level ? -7 : 4.5),
                                                                                   level ? "middle" : "start", name);
    }
};

}  // namespace example
