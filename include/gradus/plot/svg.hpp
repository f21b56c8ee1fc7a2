#pragma once
/// \file
/// The words of SVG: escaped text, short numbers, and one style sheet for light and dark ground.

#include <cstddef>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gradus::plot {

/// Text as XML wants it. Control characters, which XML cannot hold, become spaces.
[[nodiscard]] inline std::string escaped(std::string_view text) {
    static constexpr std::pair<char, const char*> names[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    std::string out;
    for (char c : text) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
        for (const auto& [letter, name] : names)
            if (c == letter) out.replace(out.size() - 1, 1, name);
    }
    return out;
}

/// A length to a tenth of a pixel, no longer than it must be.
[[nodiscard]] inline std::string px(double v) {
    char text[40];
    std::snprintf(text, sizeof text, "%.1f", v);
    std::string out = text;
    if (out.ends_with(".0")) out.resize(out.size() - 2);
    return out == "-0" ? "0" : out;
}

/// A name with its number: "s3".
[[nodiscard]] inline std::string numbered(std::string name, std::size_t i) { return name += std::to_string(i); }

/// About how wide a text is, without asking a font: its code points (not its bytes) times a middling letter.
[[nodiscard]] inline double text_width(std::string_view text) {
    double letters = 0;
    for (char c : text) letters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return 7 * letters;
}

/// Appends a command to a path: `draw(d, 'M', {12, 3.5})` adds "M12 3.5".
inline void draw(std::string& d, char command, std::initializer_list<double> numbers) {
    d += command;
    for (const double* v = numbers.begin(); v != numbers.end(); ++v) (d += v == numbers.begin() ? "" : " ") += px(*v);
}

/// `<name a="1" b="2">content</name>`, or `<name a="1" b="2"/>` where there is none. The values of the attributes are
/// escaped here, the content is not: it may be elements.
[[nodiscard]] inline std::string element(std::string_view name,
                                         std::initializer_list<std::pair<std::string_view, std::string>> attributes,
                                         std::string_view content = "") {
    std::string out = "<";
    out += name;
    for (const auto& [key, value] : attributes) ((((out += ' ') += key) += "=\"") += escaped(value)) += '"';
    if (content.empty()) return out += "/>\n";
    return ((((out += '>') += content) += "</") += name) += ">\n";
}

/// `<text>` with its anchor ("start", "middle", "end") at (x, y); nothing for an empty text.
[[nodiscard]] inline std::string label(double x, double y, const char* anchor, std::string_view text) {
    return text.empty() ? "" : element("text", {{"x", px(x)}, {"y", px(y)}, {"text-anchor", anchor}}, escaped(text));
}

/// Colours that the colour-blind can tell apart (after Okabe and Ito), on light and on dark ground.
inline constexpr std::size_t series_colours = 6;
/// Steps of colour in a heat map; even, so that the middle is an edge.
inline constexpr std::size_t heat_levels = 20;

/// The style sheet. Plain rules and no variables, which some renderers lack; all of them below `.gradus-plot`, as a
/// picture may stand inside a page.
[[nodiscard]] inline std::string style() {
    struct theme {
        const char *paper, *ink, *grid, *series[series_colours];
        double low[3], middle[3], high[3];
    };
    // clang-format off
    constexpr theme light = {
        .paper = "#ffffff", .ink = "#333333", .grid = "#e4e4e4",
        .series = {"#0072b2", "#d55e00", "#009e73", "#b8559a", "#b88600", "#5b5bd6"},
        .low = {86, 152, 206}, .middle = {246, 246, 246}, .high = {236, 140, 82}};
    constexpr theme dark = {
        .paper = "#16181d", .ink = "#d4d6da", .grid = "#343840",
        .series = {"#56b4e9", "#f28e4a", "#2fc39a", "#e39acb", "#e6bf45", "#a9a6f7"},
        .low = {36, 110, 170}, .middle = {40, 43, 50}, .high = {176, 82, 30}};
    // clang-format on
    std::string out = R"(
.gradus-plot text{font:13px system-ui,sans-serif}
.gradus-plot .title{font-size:16px;font-weight:600}
.gradus-plot .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.gradus-plot .dashed{stroke-dasharray:6 5}
.gradus-plot .frame{fill:none}
.gradus-plot .heat{shape-rendering:crispEdges}
)";
    const auto rule = [&](const char* pattern, auto... values) {
        char text[100];
        std::snprintf(text, sizeof text, pattern, values...);
        (out += ".gradus-plot ") += text;
    };
    const auto rules = [&](const theme& t) {
        rule(".paper{fill:%s}\n", t.paper);
        rule("text{fill:%s}\n", t.ink);
        rule(".grid{stroke:%s}\n", t.grid);
        rule(".frame{stroke:%s}\n", t.ink);
        for (std::size_t i = 0; i < series_colours; ++i) {
            rule(".s%zu{stroke:%s}\n", i, t.series[i]);
            rule(".s%zu.dot{fill:%s;stroke:%s}\n", i, t.series[i], t.paper);
        }
        for (std::size_t i = 0; i < heat_levels; ++i) {
            const double at = (2 * static_cast<double>(i) + 1) / heat_levels - 1, away = at < 0 ? -at : at;
            int rgb[3];
            for (int k = 0; k < 3; ++k)
                rgb[k] = static_cast<int>((1 - away) * t.middle[k] + away * (at < 0 ? t.low[k] : t.high[k]));
            rule(".h%zu{fill:rgb(%d,%d,%d)}\n", i, rgb[0], rgb[1], rgb[2]);
        }
    };
    rules(light);
    out += "@media (prefers-color-scheme:dark){\n";
    rules(dark);
    return element("style", {}, out += "}\n");
}

}  // namespace gradus::plot
