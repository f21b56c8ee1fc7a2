#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/layers/image/augmentation.hpp"
#include "gradus/nn/context.hpp"

namespace gradus {

/// Shifts each image by whole pixels, (a, b) drawn from [−by, by]², and fills the uncovered pixels with 0:
///   y_n[i, j] = x_n[i − a, j − b], 0 outside                                                  [random_shift.forward]
/// Backward: dx_n[i, j] = dy_n[i + a, j + b], 0 outside                                       [random_shift.backward]
///   x, y (N, H·W), (N, H·W·C), (N, H, W) or (N, H, W, C)
/// In inference y = x.
///
/// Complexity: a copy.
/// \throws shape_error if x does not consist of images of this size, or `by` is not less than their height and width.
struct random_shift : augmentation<random_shift> {
    static constexpr std::string_view name = "random_shift";
    static constexpr std::string_view formula = "x[i − a, j − b]", backward_formula = "dx[i, j] = dy[i + a, j + b]";

    std::size_t height;  ///< H, in pixels
    std::size_t width;   ///< W
    std::size_t by = 2;  ///< at most this many pixels, vertically and horizontally

    /// to[i, j] = from[i − a, j − b], or from[i + a, j + b] if `back`; 0 outside. Copies row by row.
    template <class T>
    void move(const T* from, T* to, tensor<T, 3>&, const context& ctx, std::size_t n, std::size_t channels,
              bool back) const {
        const offset a = back ? -drawn(ctx, n, 0) : drawn(ctx, n, 0), b = back ? -drawn(ctx, n, 1) : drawn(ctx, n, 1);
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

    GRADUS_ONCE void check_options() const;

  private:
    using offset = std::ptrdiff_t;

    /// a (axis 0) or b (axis 1).
    [[nodiscard]] offset drawn(const context& ctx, std::size_t n, std::size_t axis) const {
        const double cells = 2 * static_cast<double>(by) + 1;
        return static_cast<offset>(ctx.uniform(n, axis) * cells) - static_cast<offset>(by);
    }
};

GRADUS_AUGMENTATION(random_shift)

#if GRADUS_BODIES_OF(layers)

GRADUS_BODY void random_shift::check_options() const {
    if (by >= height || by >= width)
        throw shape_error(name, {"moves by up to ", by, " pixels, which must be less than the images' ",
                                 std::array{height, width}});
}

#endif

}  // namespace gradus
