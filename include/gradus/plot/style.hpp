#pragma once
/// \file
/// Colours for light and dark backgrounds.

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/plot/svg.hpp"

namespace gradus::plot {

/// Colours that colour-blind readers can tell apart (after Okabe and Ito), on light and dark: classes s0, s1, ...
inline constexpr std::size_t series_colours = 6;
/// Steps of colour in a heat map; even, so that the middle is an edge. Classes h0, h1, ... from blue over grey to
/// orange, for values on both sides of a middle; q0, q1, ... from dark to bright, for values from one end to the other.
inline constexpr std::size_t heat_levels = 20;

struct rgb {
    double red, green, blue;
};

/// The colour at part t (0 to 1) of the way from a to b, in CSS: "#4f81bd".
GRADUS_ONCE [[nodiscard]] std::string between(rgb a, rgb b, double t);

/// The colours on one background.
struct theme {
    const char *paper, *ink, *quiet, *grid;
    const char* strong;  ///< text on a coloured cell
    const char* series[series_colours];
    rgb low, middle, high;
};

// clang-format off
inline constexpr theme light = {
    .paper = "#ffffff", .ink = "#333333", .quiet = "#757575", .grid = "#e4e4e4", .strong = "#111111",
    .series = {"#0072b2", "#d55e00", "#009e73", "#b8559a", "#b88600", "#5b5bd6"},
    .low = {86, 152, 206}, .middle = {246, 246, 246}, .high = {236, 140, 82}};
inline constexpr theme dark = {
    .paper = "#16181d", .ink = "#d4d6da", .quiet = "#9498a0", .grid = "#343840", .strong = "#ffffff",
    .series = {"#56b4e9", "#f28e4a", "#2fc39a", "#e39acb", "#e6bf45", "#a9a6f7"},
    .low = {36, 110, 170}, .middle = {40, 43, 50}, .high = {176, 82, 30}};
/// Viridis (Smith and van der Walt, 2015): equal steps of brightness, also in grey and for colour-blind readers.
inline constexpr rgb bright[] = {{68, 1, 84}, {59, 82, 139}, {33, 145, 140}, {94, 201, 98}, {253, 231, 37}};
// clang-format on

/// The style sheet, with rules only for the colours that `content` uses. Plain rules without variables, which some
/// renderers lack; all of them below `.gradus-plot`, since a picture may be part of a page.
GRADUS_ONCE [[nodiscard]] std::string style(std::string_view content);

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY std::string between(rgb a, rgb b, double t) {
    const auto mixed = [t](double from, double to) { return static_cast<unsigned>(from + t * (to - from) + 0.5); };
    char text[16];
    std::snprintf(text, sizeof text, "#%02x%02x%02x", mixed(a.red, b.red) & 255, mixed(a.green, b.green) & 255,
                  mixed(a.blue, b.blue) & 255);
    return text;
}

GRADUS_BODY std::string style(std::string_view content) {
    std::string out = "\n";
    const auto rule = [&](std::string_view what, std::string_view looks) {
        ((((out += ".gradus-plot ") += what) += '{') += looks) += "}\n";
    };
    const auto colour = [&](const std::string& name, std::string_view value) {  // second class: "line s0"
        if (content.find(" " + name + "\"") != content.npos || content.find(" " + name + " ") != content.npos)
            rule("." + name, std::string("color:") += value);
    };
    rule("text", "font:13px system-ui,sans-serif");
    rule(".title", "font-size:16px;font-weight:600");
    rule(".small", "font-size:11px");
    rule(".line", "fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round");
    rule(".dashed", "stroke-dasharray:6 5");
    rule(".cell", "fill:currentColor");
    rule(".run", "fill:none;stroke:currentColor;shape-rendering:crispEdges");
    rule(".area", "fill:none;stroke:currentColor;shape-rendering:crispEdges;opacity:.3");
    rule(".frame", "fill:none");
    rule("image", "image-rendering:pixelated");
    const auto rules = [&](const theme& t) {
        const auto painted = [](const char* property, const char* value) {
            return (std::string(property) += ':') += value;
        };
        rule(".paper", painted("fill", t.paper));
        rule("text", painted("fill", t.ink));
        rule(".quiet", painted("fill", t.quiet));
        rule(".strong", painted("fill", t.strong));
        rule(".grid", painted("fill:none;stroke", t.grid));
        rule(".frame", painted("stroke", t.ink));
        rule(".dot", painted("fill:currentColor;stroke", t.paper));
        rule(".halo", painted("stroke-width:4;stroke", t.paper));
        for (std::size_t i = 0; i < series_colours; ++i) colour(numbered("s", i), t.series[i]);
        for (std::size_t i = 0; i < heat_levels; ++i) {
            const double at = (2 * static_cast<double>(i) + 1) / heat_levels - 1, away = at < 0 ? -at : at;
            colour(numbered("h", i), between(t.middle, at < 0 ? t.low : t.high, away));
        }
    };
    rules(light);
    for (std::size_t i = 0; i < heat_levels; ++i) {
        const double at = 4 * static_cast<double>(i) / (heat_levels - 1.0);
        const std::size_t part = at < 3 ? static_cast<std::size_t>(at) : 3;
        colour(numbered("q", i), between(bright[part], bright[part + 1], at - static_cast<double>(part)));
    }
    out += "@media (prefers-color-scheme:dark){\n";
    rules(dark);
    return element("style", {}, out += "}\n");
}

#endif

}  // namespace gradus::plot
