#pragma once

#include "gradus/base/compiled.hpp"
/// \file
/// Parts of SVG: escaped text, text width, short numbers, paths and elements.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gradus::plot {

/// The number of bytes of the first character of a text, in UTF-8 that XML can hold. 0 for any other byte.
GRADUS_ONCE [[nodiscard]] std::size_t character(std::string_view text);

/// Text escaped for XML. Control characters become spaces, bytes that are not UTF-8 become �.
GRADUS_ONCE [[nodiscard]] std::string escaped(std::string_view text);

/// The approximate width of a text for any font: an average letter for each character, twice that for Chinese, Japanese
/// and Korean.
GRADUS_ONCE [[nodiscard]] double text_width(std::string_view text, double size = 13);

/// The number of bytes of a text, in whole characters, that are no wider than `width`.
GRADUS_ONCE [[nodiscard]] std::size_t that_fit(std::string_view text, double width, double size = 13);

/// A text no wider than `width`: a longer one is cut and ends in "…".
[[nodiscard]] inline std::string shortened(std::string_view text, double width, double size = 13) {
    if (text_width(text, size) <= width) return std::string(text);
    return std::string(text.substr(0, that_fit(text, width - size, size))) += "…";
}

/// A text in lines no wider than `width`, broken at spaces where that is possible.
GRADUS_ONCE [[nodiscard]] std::vector<std::string> wrapped(std::string_view text, double width, double size);

/// A length to a tenth of a pixel, as short as possible: "12", "3.5", "-.1".
GRADUS_ONCE [[nodiscard]] std::string px(double v);

/// A name with its number: "s3".
[[nodiscard]] inline std::string numbered(std::string name, std::size_t i) { return name += std::to_string(i); }

/// Appends a command to a path: `draw(d, 'M', {12, -3.5})` adds "M12-3.5".
GRADUS_ONCE void draw(std::string& d, char command, std::initializer_list<double> numbers);

/// `<name a="1" b="2">content</name>`, or `<name a="1" b="2"/>` without content. The values of the attributes are
/// escaped here, the content is not: it may be elements.
GRADUS_ONCE [[nodiscard]] std::string element(std::string_view name,
                                         std::initializer_list<std::pair<std::string_view, std::string>> attributes,
                                         std::string_view content = "");

/// `<text>` with its anchor ("start", "middle", "end") at (x, y); nothing for an empty text.
[[nodiscard]] inline std::string label(double x, double y, const char* anchor, std::string_view text) {
    return text.empty() ? "" : element("text", {{"x", px(x)}, {"y", px(y)}, {"text-anchor", anchor}}, escaped(text));
}

/// The same in another style: "title", "small", "quiet", ...
[[nodiscard]] inline std::string label(double x, double y, const char* anchor, std::string_view text,
                                       const char* kind) {
    if (text.empty()) return "";
    return element("text", {{"class", kind}, {"x", px(x)}, {"y", px(y)}, {"text-anchor", anchor}}, escaped(text));
}

/// A rectangle in a style.
[[nodiscard]] inline std::string rectangle(std::string kind, double x, double y, double width, double height) {
    return element(
        "rect", {{"class", std::move(kind)}, {"x", px(x)}, {"y", px(y)}, {"width", px(width)}, {"height", px(height)}});
}

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY std::size_t character(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return lead < 0x20 || lead == 0x7F ? 0 : 1;
    const std::size_t size = lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    std::uint32_t code = lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if (byte(i) >> 6 != 2) return 0;
        code = code << 6 | (byte(i) & 0x3F);
    }
    const bool surrogate = code >= 0xD800 && code < 0xE000, mark = code == 0xFFFE || code == 0xFFFF;
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return code < least[size] || code > 0x10FFFF || surrogate || mark ? 0 : size;
}

GRADUS_BODY std::string escaped(std::string_view text) {
    static constexpr std::pair<char, const char*> names[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    std::string out;
    for (std::size_t i = 0, n = 0; i < text.size(); i += n) {
        n = character(text.substr(i));
        if (n == 0) {
            out += static_cast<unsigned char>(text[i]) < 0x80 ? " " : "�";
            n = 1;
            continue;
        }
        out += text.substr(i, n);
        for (const auto& [letter, name] : names)
            if (n == 1 && text[i] == letter) out.replace(out.size() - 1, 1, name);
    }
    return out;
}

GRADUS_BODY double text_width(std::string_view text, double size) {
    double ems = 0;
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 || byte >= 0xC0) ems += byte >= 0xE3 ? 1 : 0.57;
    }
    return size * ems;
}

GRADUS_BODY std::size_t that_fit(std::string_view text, double width, double size) {
    std::size_t end = 0;
    while (end < text.size()) {
        std::size_t next = end + 1;
        while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
        if (text_width(text.substr(0, next), size) > width) break;
        end = next;
    }
    return end;
}

GRADUS_BODY std::vector<std::string> wrapped(std::string_view text, double width, double size) {
    std::vector<std::string> lines;
    while (text_width(text, size) > width) {
        std::size_t end = that_fit(text, width, size);
        if (const std::size_t space = text.rfind(' ', end); space != text.npos && space > 0) end = space;
        if (end == 0) break;
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(text[end] == ' ' ? end + 1 : end);
    }
    if (!text.empty()) lines.emplace_back(text);
    return lines;
}

GRADUS_BODY std::string px(double v) {
    char text[40];
    std::snprintf(text, sizeof text, "%.1f", v);
    std::string out = text;
    if (out.ends_with(".0")) out.resize(out.size() - 2);
    if (out.starts_with("0.") || out.starts_with("-0.")) out.erase(out.find('0'), 1);
    return out == "-0" ? "0" : out;
}

GRADUS_BODY void draw(std::string& d, char command, std::initializer_list<double> numbers) {
    d += command;
    for (const double* v = numbers.begin(); v != numbers.end(); ++v) {
        const std::string number = px(*v);
        (d += v == numbers.begin() || number[0] == '-' ? "" : " ") += number;
    }
}

GRADUS_BODY std::string element(std::string_view name,
                                std::initializer_list<std::pair<std::string_view, std::string>> attributes,
                                std::string_view content) {
    std::string out = "<";
    out += name;
    for (const auto& [key, value] : attributes) ((((out += ' ') += key) += "=\"") += escaped(value)) += '"';
    if (content.empty()) return out += "/>\n";
    return ((((out += '>') += content) += "</") += name) += ">\n";
}

#endif

}  // namespace gradus::plot
