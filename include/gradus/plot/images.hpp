#pragma once
/// \file
/// Images in a grid, each with a title.

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/plot/picture.hpp"
#include "gradus/plot/png.hpp"
#include "gradus/plot/svg.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::plot {

/// Options of `images`.
struct image_grid {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();
    std::string title = "";
    std::size_t columns = 0;               ///< 0: as many as fit
    std::vector<std::string> titles = {};  ///< one below each image, or none
    double low = none, high = none;        ///< the values of black and white, see `images`
};

/// Images: (N, H, W), (N, H, W, 1) in grey, (N, H, W, 3) in red, green and blue; one image: (H, W).
/// ```
/// gr::plot::images(x, {.columns = 5, .titles = {"7 taken for 1", ...}}).save("errors.svg");
/// ```
/// Black and white are 0 and 255 for bytes, 0 and 1 for other values in that range, else the smallest and the largest
/// value of all images; values beyond `low` and `high` are black and white. A pixel that is not finite is transparent.
/// Pixels are embedded as PNG, about one byte for each that differs from the previous one.
/// \throws data_error for no image, another number of channels, another number of titles than images.
template <class T, std::size_t R>
requires(R >= 2 && R <= 4) [[nodiscard]] picture images(const tensor<T, R>& x, image_grid o = {}) {
    const auto require = [](bool good, std::initializer_list<piece> why) {
        if (!good) throw data_error(message({"images: ", message(why)}));
    };
    constexpr std::size_t first = R == 2 ? 0 : 1;  // where the axes of one image begin
    const std::size_t count = R == 2 ? 1 : x.shape()[0], height = x.shape()[first], width = x.shape()[first + 1];
    const std::size_t channels = R == 4 ? x.shape()[R - 1] : 1;
    require(x.size() > 0, {"x of ", x.shape(), " has no pixels"});
    require(channels == 1 || channels == 3,
            {"x of ", x.shape(), " has ", channels, " channels: 1 is grey, 3 are red, green and blue"});
    require(o.titles.empty() || o.titles.size() == count, {count, " images and ", o.titles.size(), " titles"});

    double low = HUGE_VAL, high = -HUGE_VAL;
    bool holes = false;
    for (T v : flat(x)) {
        const auto value = static_cast<double>(v);
        if (std::isfinite(value))
            low = std::min(low, value), high = std::max(high, value);
        else
            holes = true;
    }
    if (low > high || (low >= 0 && high <= 1)) low = 0, high = 1;
    if constexpr (std::integral<T> && sizeof(T) == 1 && !std::same_as<T, bool>) low = 0, high = 255;
    if (!std::isnan(o.low)) low = o.low;
    if (!std::isnan(o.high)) high = o.high;
    require(std::isfinite(high - low), {"no greys from ", number_text(low), " to ", number_text(high)});
    if (!(high > low)) high = low + 1;

    const auto data_uri = [&](std::size_t n) {
        std::string pixels;
        for (std::size_t i = 0; i < height * width; ++i) {
            const T* p = x.data() + (n * height * width + i) * channels;
            bool whole = true;
            for (std::size_t c = 0; c < channels; ++c) {
                const auto value = static_cast<double>(p[c]);
                whole = whole && std::isfinite(value);
                const double t = std::isfinite(value) ? std::clamp((value - low) / (high - low), 0.0, 1.0) : 0;
                pixels += static_cast<char>(std::lround(255 * t));
            }
            if (holes) pixels += static_cast<char>(whole ? 255 : 0);
        }
        return "data:image/png;base64," + base64(png(pixels, width, height, channels + holes));
    };
    // A pixel of an image is a whole number of pixels wide; a cell is wide enough for its title.
    const auto longest = static_cast<double>(std::max(height, width));
    const double scale = std::max(1.0, std::floor(90 / longest));
    const double wide = scale * static_cast<double>(width), high_px = scale * static_cast<double>(height);
    double cell = wide;
    for (const std::string& t : o.titles) cell = std::max(cell, std::min(text_width(t), 160.0));
    if (o.columns == 0) o.columns = static_cast<std::size_t>(std::clamp(720 / (cell + 14), 1.0, 10.0));
    const std::size_t columns = std::min(o.columns, count);
    const double left = 24, step_x = cell + 14, step_y = high_px + (o.titles.empty() ? 14 : 34);
    const double whole = std::max(2 * left + step_x * static_cast<double>(columns) - 14, 200.0);
    double top = 0;
    std::string out = heading(o.title, left, whole - 2 * left, top);
    for (std::size_t n = 0; n < count; ++n) {
        const double x_n = left + step_x * static_cast<double>(n % columns) + (cell - wide) / 2;
        const double y_n = top + step_y * static_cast<double>(n / columns);
        out += element(
            "image",
            {{"x", px(x_n)}, {"y", px(y_n)}, {"width", px(wide)}, {"height", px(high_px)}, {"href", data_uri(n)}});
        out += rectangle("grid", x_n - 0.5, y_n - 0.5, wide + 1, high_px + 1);
        if (!o.titles.empty()) out += label(x_n + wide / 2, y_n + high_px + 17, "middle", shortened(o.titles[n], cell));
    }
    return {o.title, whole, top + step_y * static_cast<double>((count - 1) / columns + 1) + 4, out};
}

}  // namespace gradus::plot
