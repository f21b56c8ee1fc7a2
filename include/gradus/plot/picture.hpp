#pragma once
/// \file
/// A finished picture: a self-contained SVG, readable on light and dark backgrounds.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/plot/style.hpp"
#include "gradus/plot/svg.hpp"

namespace gradus::plot {

/// An SVG as text, which can be saved to a file.
class picture {
  public:
    /// width x height pixels; `content` is drawn on the background.
    GRADUS_ONCE picture(std::string_view title, double width, double height, const std::string& content);

    [[nodiscard]] const std::string& svg() const { return svg_; }

    /// Writes it to a file. \throws data_error naming the path where that fails.
    GRADUS_ONCE void save(const std::string& path) const;

  private:
    std::string svg_;
};

/// The title from `left` on, in as many lines as it needs; `top` is set to where the content below it may begin.
GRADUS_ONCE [[nodiscard]] std::string heading(std::string_view title, double left, double width, double& top);

#if GRADUS_BODIES_OF(plot)

GRADUS_BODY picture::picture(std::string_view title, double width, double height, const std::string& content) {
    std::string out = title.empty() ? "" : element("title", {}, escaped(title));
    out += style(content);
    out += element("rect", {{"class", "paper"}, {"width", px(width)}, {"height", px(height)}});
    out += content;
    std::string box = "0 0 ";  // lets a page scale it
    ((box += px(width)) += ' ') += px(height);
    svg_ = element("svg",
                   {{"xmlns", "http://www.w3.org/2000/svg"},
                    {"class", "gradus-plot"},
                    {"role", "img"},
                    {"width", px(width)},
                    {"height", px(height)},
                    {"viewBox", box}},
                   out);
}

GRADUS_BODY void picture::save(const std::string& path) const {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    const bool written = file != nullptr && std::fwrite(svg_.data(), 1, svg_.size(), file) == svg_.size();
    const bool closed = file != nullptr && std::fclose(file) == 0;
    if (!written || !closed) throw data_error(message({"cannot write ", path, ": ", std::strerror(errno)}));
}

GRADUS_BODY std::string heading(std::string_view title, double left, double width, double& top) {
    std::string out;
    top = 16;
    for (const std::string& line : wrapped(title, width, 17)) {  // 16 px, but bold
        out += label(left, top + 10, "start", line, "title");
        top += 20;
    }
    if (!title.empty()) top += 8;
    return out;
}

#endif

}  // namespace gradus::plot
