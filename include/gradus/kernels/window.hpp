#pragma once
/// \file
/// A window that slides over an image, and the resulting sizes: shared by convolution and pooling.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus {

namespace window {
GRADUS_ONCE [[noreturn]] void refuse(std::size_t size);
/// Checks that a size is less than 2³¹, which rejects −1 converted to `std::size_t`.
constexpr std::size_t sane(std::size_t size) {
    if (size >= std::size_t{1} << 31) refuse(size);
    return size;
}
}  // namespace window

/// Height and width. One number sets both: `.stride = 2`.
/// \throws shape_error for a negative number, as padding does.
struct size2d {
    std::size_t height = 1, width = 1;
    constexpr size2d() = default;
    constexpr size2d(std::size_t both) : size2d(both, both) {}
    constexpr size2d(std::size_t h, std::size_t w) : height(window::sane(h)), width(window::sane(w)) {}
    constexpr bool operator==(const size2d&) const = default;
    [[nodiscard]] constexpr std::size_t area() const { return height * width; }
    [[nodiscard]] constexpr std::array<std::size_t, 2> array() const { return {height, width}; }
};

/// Rows and columns of zeros around an image: `gr::valid` (none, the default), `gr::same`, 1 (on every side), {1, 2}
/// (above and below, left and right), or each side separately, {top, bottom, left, right}.
struct padding2d {
    std::size_t top = 0, bottom = 0, left = 0, right = 0;
    bool is_same = false;  ///< as much as needed for H_out = ⌈H / s⌉
    constexpr padding2d() = default;
    constexpr padding2d(std::size_t all) : padding2d(all, all) {}
    constexpr padding2d(std::size_t vertical, std::size_t horizontal)
        : padding2d(vertical, vertical, horizontal, horizontal) {}
    constexpr padding2d(std::size_t t, std::size_t b, std::size_t l, std::size_t r)
        : top(window::sane(t)), bottom(window::sane(b)), left(window::sane(l)), right(window::sane(r)) {}
};

/// Padding along one axis: `gr::same`, 2 (on both sides) or {2, 0} (only before: causal, independent of the future).
struct padding1d {
    std::size_t before = 0, after = 0;
    bool is_same = false;
    constexpr padding1d() = default;
    constexpr padding1d(std::size_t both) : padding1d(both, both) {}
    constexpr padding1d(std::size_t b, std::size_t a) : before(window::sane(b)), after(window::sane(a)) {}
    constexpr padding1d(const padding2d& p) : before(p.left), after(p.right), is_same(p.is_same) {}
    /// The padding of an image with one row.
    [[nodiscard]] constexpr padding2d in_one_row() const {
        padding2d p(0, 0, before, after);
        p.is_same = is_same;
        return p;
    }
};

namespace window {
constexpr padding2d all_that_same_needs() {
    padding2d p;
    p.is_same = true;
    return p;
}
}  // namespace window

/// No padding: every window lies inside the image. Keras's `valid`.
inline constexpr padding2d valid{};
/// H_out = ⌈H / s⌉: with stride 1 the size does not change. For an odd number of zeros the extra one is added below and
/// to the right, as in Keras and PyTorch.
inline constexpr padding2d same = window::all_that_same_needs();

/// A window for a given image size: all sizes known, the padding in numbers.
struct window2d {
    size2d in, kernel, stride, dilation, out;
    padding2d padding;

    /// Height and width of the padded image.
    [[nodiscard]] constexpr size2d padded() const {
        return {in.height + padding.top + padding.bottom, in.width + padding.left + padding.right};
    }
    [[nodiscard]] constexpr bool pads() const { return !(padded() == in); }
};

namespace window {

/// The extent in pixels of a kernel of size k with dilation d: d (k − 1) + 1.
[[nodiscard]] constexpr std::size_t reach(std::size_t kernel, std::size_t dilation) { return dilation * (kernel - 1) + 1; }

GRADUS_ONCE void require_positive(std::string_view layer, size2d kernel, size2d stride, size2d dilation = {});

/// H_out = ⌊(H + p_top + p_bottom − d (k − 1) − 1) / s⌋ + 1, likewise W_out.                            [window.output]
///   Windows that would extend beyond the edge are omitted.
/// `same`: p = max((⌈H / s⌉ − 1) s + d (k − 1) + 1 − H, 0), ⌊p / 2⌋ of it on top                          [window.same]
/// \throws shape_error with the name `layer` if a size is 0, or if the padded image is smaller than the window.
GRADUS_ONCE [[nodiscard]] window2d place(std::string_view layer, size2d in, size2d kernel, size2d stride, padding2d padding,
                                         size2d dilation = {});

#if GRADUS_BODIES_OF(kernels)

GRADUS_BODY [[noreturn]] void refuse(std::size_t size) {
    throw shape_error("window", {"a size or a padding is negative or above 2^31: ", static_cast<long long>(size)});
}

GRADUS_BODY void require_positive(std::string_view layer, size2d kernel, size2d stride, size2d dilation) {
    if (kernel.area() == 0 || stride.area() == 0 || dilation.area() == 0)
        throw shape_error(layer, {"kernel, stride and dilation are at least 1, got ", kernel.array(), ", ", stride.array(),
                                  " and ", dilation.array()});
}

GRADUS_BODY window2d place(std::string_view layer, size2d in, size2d kernel, size2d stride, padding2d padding,
                           size2d dilation) {
    require_positive(layer, kernel, stride, dilation);
    const auto along = [&](std::size_t size, std::size_t k, std::size_t s, std::size_t d, std::size_t& before,
                           std::size_t& after) -> std::size_t {
        const std::size_t r = reach(k, d);
        if (padding.is_same) {
            const std::size_t needs = size == 0 ? 0 : ((size + s - 1) / s - 1) * s + r;
            const std::size_t p = needs > size ? needs - size : 0;
            before = p / 2, after = p - p / 2;
        }
        const std::size_t padded = size + before + after;
        return size == 0 || padded < r ? 0 : (padded - r) / s + 1;
    };
    window2d w{in, kernel, stride, dilation, {}, padding};
    w.out = {along(in.height, kernel.height, stride.height, dilation.height, w.padding.top, w.padding.bottom),
             along(in.width, kernel.width, stride.width, dilation.width, w.padding.left, w.padding.right)};
    if (w.out.area() == 0) {
        const size2d all(reach(kernel.height, dilation.height), reach(kernel.width, dilation.width));
        const bool line = all.height == 1 && w.padded().height == 1, pads = !padding.is_same && w.pads();
        const auto text = [&](size2d s) { return line ? message({s.width}) : shape_text(s.array()); };
        throw shape_error(layer, {"a window of ", text(all), " does not fit into ", line ? "a sequence of " : "an image of ",
                                  text(in), pads ? " padded to " : "", pads ? text(w.padded()) : ""});
    }
    return w;
}

#endif

}  // namespace window
}  // namespace gradus
