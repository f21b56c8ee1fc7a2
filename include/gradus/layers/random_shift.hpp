#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/core/context.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/layer.hpp"

namespace gradus {

/// Moves each image by whole pixels, (a, b) drawn for it from [−by, by]², and fills with 0 what is uncovered:
///   y_n[i, j] = x_n[i − a, j − b], 0 outside                                                  [random_shift.forward]
/// Backward, the way back: dx_n[i, j] = dy_n[i + a, j + b], 0 outside                         [random_shift.backward]
///   x, y (N, H·W), (N, H·W·C), (N, H, W) or (N, H, W, C)
/// In inference y = x.
///
/// The draw is by the pass's seed and step and the sample's row: it can be drawn again, so that nothing is kept of it.
/// Complexity: a copy.
/// \throws shape_error where x is not made of images of that size, or `by` is not less than it.
struct random_shift {
    static constexpr std::string_view name = "random_shift";
    static constexpr std::string_view formula = "x[i − a, j − b]";
    using parameters = no_parameters;
    template <class X>
    struct cache {
        X y, dx;
    };

    std::size_t height;  ///< H, in pixels
    std::size_t width;   ///< W
    std::size_t by = 2;  ///< pixels at most, up or down, left or right

    template <class X>
    const X& forward(const X& x, cache<X>& c, const context& ctx) const {
        require_input<typename X::value_type, X>();
        check(std::span(x.shape()).subspan(1));
        reshape(c.y, x.shape());
        shift_all(x, c.y, ctx, false);
        return c.y;
    }
    template <class X>
    const X& backward(const X&, const X& dy, cache<X>& c, parameters&, const context& ctx) const {
        if (dy.shape() != c.y.shape())
            throw shape_error(name, {"dx[i, j] = dy[i + a, j + b] needs dy shaped as y ", c.y.shape(), ", got ", dy.shape()});
        if (!ctx.input_gradient) return c.dx;
        reshape(c.dx, dy.shape());
        shift_all(dy, c.dx, ctx, true);
        return c.dx;
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        check(in);
        return in;
    }
    /// Images cannot be told from their last axes alone.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        return whole ? output_shape(std::move(in)) : in;
    }

  private:
    using offset = std::ptrdiff_t;

    /// a or b: axis 0 or 1.
    [[nodiscard]] offset drawn(const context& ctx, std::size_t n, std::size_t axis) const {
        const double cells = 2 * static_cast<double>(by) + 1;
        return static_cast<offset>(ctx.uniform(n, axis) * cells) - static_cast<offset>(by);
    }

    template <class X>
    void shift_all(const X& from, X& to, const context& ctx, bool back) const {
        const std::size_t images = from.shape()[0], size = images == 0 ? 0 : from.size() / images;
        if (!ctx.training) {
            std::copy_n(from.data(), from.size(), to.data());
            return;
        }
        for (std::size_t n = 0; n < images; ++n) {
            const offset a = drawn(ctx, n, 0), b = drawn(ctx, n, 1);
            shift(from.data() + n * size, to.data() + n * size, back ? -a : a, back ? -b : b, size / (height * width));
        }
    }

    /// to[i, j] = from[i − a, j − b], 0 outside: a row at a time.
    template <class T>
    void shift(const T* from, T* to, offset a, offset b, std::size_t channels) const {
        const std::size_t row = width * channels, gap = static_cast<std::size_t>(b < 0 ? -b : b) * channels;
        for (std::size_t i = 0; i < height; ++i, to += row) {
            const offset source = static_cast<offset>(i) - a;
            if (source < 0 || source >= static_cast<offset>(height)) {
                std::fill_n(to, row, T(0));
                continue;
            }
            const T* line = from + static_cast<std::size_t>(source) * row;
            std::copy_n(line + (b < 0 ? gap : 0), row - gap, to + (b < 0 ? 0 : gap));
            std::fill_n(b < 0 ? to + (row - gap) : to, gap, T(0));
        }
    }

    /// A sample of shape (H·W·C), or one that begins with (H, W).
    void check(std::span<const std::size_t> sample) const {
        std::size_t size = 1;
        for (std::size_t s : sample) size *= s;
        const bool fits = sample.size() == 1 ? height * width != 0 && size != 0 && size % (height * width) == 0
                                             : sample.size() > 1 && sample[0] == height && sample[1] == width && size != 0;
        if (!fits)
            throw shape_error(name, {"y[i, j] = x[i − a, j − b] needs images of ", std::array{height, width}, ", a sample is ",
                                     shape_text(sample)});
        if (by >= height || by >= width)
            throw shape_error(name, {"moves by up to ", by, " pixels, which must be less than the images' ", std::array{height, width}});
    }
};

}  // namespace gradus
