#pragma once
/// \file
/// The words of SVG: escaped text, short numbers, and one style sheet for light and dark ground.

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace gradus::plot {

/// Text as XML wants it. Control characters, which XML cannot hold, become spaces.
[[nodiscard]] inline std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
        }
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

/// About how wide a text is, without asking a font: its code points (not its bytes) times a middling letter.
[[nodiscard]] inline double text_width(std::string_view text) {
    double letters = 0;
    for (char c : text) letters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return 7 * letters;
}

/// `<text>` with its anchor ("start", "middle", "end") at (x, y); nothing for an empty text.
[[nodiscard]] inline std::string svg_text(double x, double y, const char* anchor, std::string_view text,
                                          const char* more = "") {
    if (text.empty()) return "";
    return "<text x=\"" + px(x) + "\" y=\"" + px(y) + "\" text-anchor=\"" + anchor + "\"" + more + ">" + escaped(text) +
           "</text>\n";
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
    constexpr theme light = {"#ffffff",      "#333333",
                             "#e4e4e4",      {"#0072b2", "#d55e00", "#009e73", "#b8559a", "#b88600", "#5b5bd6"},
                             {86, 152, 206}, {246, 246, 246},
                             {236, 140, 82}};
    constexpr theme dark = {
        "#16181d",      "#d4d6da",    "#343840",    {"#56b4e9", "#f28e4a", "#2fc39a", "#e39acb", "#e6bf45", "#a9a6f7"},
        {36, 110, 170}, {40, 43, 50}, {176, 82, 30}};
    const auto rules = [](const theme& t) {
        const std::string one = ".gradus-plot ";
        std::string out = one + ".paper{fill:" + t.paper + "}\n" + one + "text{fill:" + t.ink + "}\n" + one +
                          ".grid{stroke:" + t.grid + "}\n" + one + ".frame{stroke:" + t.ink + "}\n";
        for (std::size_t i = 0; i < series_colours; ++i) {
            const std::string s = one + ".s" + std::to_string(i);
            out += s + "{stroke:" + t.series[i] + "}\n" + s + ".dot{fill:" + t.series[i] + ";stroke:" + t.paper + "}\n";
        }
        for (std::size_t i = 0; i < heat_levels; ++i) {
            const double at = (2 * static_cast<double>(i) + 1) / heat_levels - 1, away = at < 0 ? -at : at;
            char colour[40];
            int rgb[3];
            for (int k = 0; k < 3; ++k)
                rgb[k] = static_cast<int>((1 - away) * t.middle[k] + away * (at < 0 ? t.low[k] : t.high[k]));
            std::snprintf(colour, sizeof colour, "{fill:#%02x%02x%02x}\n", rgb[0] & 255, rgb[1] & 255, rgb[2] & 255);
            out += one + ".h" + std::to_string(i) + colour;
        }
        return out;
    };
    return "<style>\n.gradus-plot text{font:13px system-ui,sans-serif}\n"
           ".gradus-plot .title{font-size:16px;font-weight:600}\n"
           ".gradus-plot .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}\n"
           ".gradus-plot .dashed{stroke-dasharray:6 5}\n"
           ".gradus-plot .frame{fill:none}\n.gradus-plot .heat{shape-rendering:crispEdges}\n" +
           rules(light) + "@media (prefers-color-scheme:dark){\n" + rules(dark) + "}\n</style>\n";
}

}  // namespace gradus::plot
