#pragma once
/// \file
/// A window that slides over an image: what convolution and pooling have in common, and the sizes that come of it.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus {

namespace window {
GRADUS_ONCE [[noreturn]] void refuse(std::size_t size);
/// A size of less than 2³¹: −1, which `std::size_t` would take for 2⁶⁴ − 1, is none.
constexpr std::size_t sane(std::size_t size) {
    if (size >= std::size_t{1} << 31) refuse(size);
    return size;
}
}  // namespace window

/// Height and width. One number is both: `.stride = 2`.
/// \throws shape_error for a negative one, as padding does.
struct size2d {
    std::size_t height = 1, width = 1;
    constexpr size2d() = default;
    constexpr size2d(std::size_t both) : size2d(both, both) {}
    constexpr size2d(std::size_t h, std::size_t w) : height(window::sane(h)), width(window::sane(w)) {}
    constexpr bool operator==(const size2d&) const = default;
    [[nodiscard]] constexpr std::size_t area() const { return height * width; }
    [[nodiscard]] constexpr std::array<std::size_t, 2> array() const { return {height, width}; }
};

/// Rows and columns of zeros around an image: `gr::valid` (none, the default), `gr::same`, 1 (everywhere), {1, 2} (above and
/// below, left and right), or each for itself, {top, bottom, left, right}.
struct padding2d {
    std::size_t top = 0, bottom = 0, left = 0, right = 0;
    bool is_same = false;  ///< as much as H_out = ⌈H / s⌉ needs
    constexpr padding2d() = default;
    constexpr padding2d(std::size_t all) : padding2d(all, all) {}
    constexpr padding2d(std::size_t vertical, std::size_t horizontal)
        : padding2d(vertical, vertical, horizontal, horizontal) {}
    constexpr padding2d(std::size_t t, std::size_t b, std::size_t l, std::size_t r)
        : top(window::sane(t)), bottom(window::sane(b)), left(window::sane(l)), right(window::sane(r)) {}
};

/// The same along one axis: `gr::same`, 2 (on both sides) or {2, 0} (before, and none after: nothing of the future is seen).
struct padding1d {
    std::size_t before = 0, after = 0;
    bool is_same = false;
    constexpr padding1d() = default;
    constexpr padding1d(std::size_t both) : padding1d(both, both) {}
    constexpr padding1d(std::size_t b, std::size_t a) : before(window::sane(b)), after(window::sane(a)) {}
    constexpr padding1d(const padding2d& p) : before(p.left), after(p.right), is_same(p.is_same) {}
    /// Of an image of one row.
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

/// No padding: every window lies in the image. Keras's `valid`.
inline constexpr padding2d valid{};
/// H_out = ⌈H / s⌉: with stride 1 the size stays. Where the zeros are odd in number, one more goes below and to the right, as
/// in Keras and PyTorch.
inline constexpr padding2d same = window::all_that_same_needs();

/// A window in its place: all sizes known, the padding in numbers.
struct window2d {
    size2d in, kernel, stride, dilation, out;
    padding2d padding;

    /// Height and width of the image with its zeros.
    [[nodiscard]] constexpr size2d padded() const {
        return {in.height + padding.top + padding.bottom, in.width + padding.left + padding.right};
    }
    [[nodiscard]] constexpr bool pads() const { return !(padded() == in); }
};

namespace window {

/// Pixels from the first to the last that a kernel of k reads: d (k − 1) + 1.
[[nodiscard]] constexpr std::size_t reach(std::size_t kernel, std::size_t dilation) { return dilation * (kernel - 1) + 1; }

GRADUS_ONCE void require_positive(std::string_view layer, size2d kernel, size2d stride, size2d dilation = {});

/// H_out = ⌊(H + p_top + p_bottom − d (k − 1) − 1) / s⌋ + 1, likewise W_out.                            [window.output]
///   Windows that would reach over the edge are left out.
/// `same`: p = max((⌈H / s⌉ − 1) s + d (k − 1) + 1 − H, 0), ⌊p / 2⌋ of it on top                          [window.same]
/// \throws shape_error in the name of `layer` where a size is 0, or the padded image is smaller than the window.
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
