#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "gradus/base/error.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/layers/image/image_layer.hpp"

namespace gradus {

/// Adds rows and columns of zeros around each image:
///   y[n, i, j] = x[n, i − p_top, j − p_left], 0 outside                                     [zero_padding2d.forward]
/// Backward: dx[n, i, j] = dy[n, i + p_top, j + p_left]                                     [zero_padding2d.backward]
///   x (N, H, W, C)   y (N, p_top + H + p_bottom, p_left + W + p_right, C)
///
/// `gr::zero_padding2d(1)` pads every side, `({1, 2})` top and bottom by 1, left and right by 2; `({top, bottom, left,
/// right})` has the order of Keras's ZeroPadding2D. PyTorch's ZeroPad2d has left and right before top and bottom.
/// Complexity: a copy.
/// \throws shape_error for `same`, which depends on a window, and if x is not a batch of images.
struct zero_padding2d : image_layer<zero_padding2d> {
    static constexpr std::string_view name = "zero_padding2d";
    static constexpr std::string_view formula = "x[i − p_top, j − p_left]";

    padding2d padding;

    explicit zero_padding2d(padding2d p) : padding(p) {
        if (p.is_same) throw shape_error(name, "needs rows and columns in numbers: `same` depends on a window");
    }

    [[nodiscard]] size2d size_of(size2d in) const {
        return {padding.top + in.height + padding.bottom, padding.left + in.width + padding.right};
    }

    template <class X, class C>
    void apply(const X& x, X& y, C&) const {
        std::fill_n(y.data(), y.size(), scalar_of<X>(0));
        each_line(x, y, [](const auto* inside, auto* line, std::size_t n) { std::copy_n(inside, n, line); });
    }
    template <class X, class C>
    void apply_backward(const X& dy, X& dx, C&) const {
        each_line(dx, dy, [](auto* inside, const auto* line, std::size_t n) { std::copy_n(line, n, inside); });
    }

  private:
    /// Calls f(row of x, its place in y, its length) for each row.
    template <class X, class Y, class F>
    void each_line(X& x, Y& y, F&& f) const {
        const std::size_t height = x.shape()[1], line = x.shape()[2] * x.shape()[3], padded = y.shape()[2] * y.shape()[3];
        for (std::size_t n = 0; n < x.shape()[0]; ++n)
            for (std::size_t i = 0; i < height; ++i)
                f(x.data() + (n * height + i) * line,
                  y.data() + (n * y.shape()[1] + i + padding.top) * padded + padding.left * x.shape()[3], line);
    }
};

}  // namespace gradus
