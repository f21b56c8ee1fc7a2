#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/kernels/affine.hpp"
#include "gradus/layers/image/augmentation.hpp"
#include "gradus/nn/context.hpp"

namespace gradus {

/// Rotates, zooms, shears and shifts each image by random amounts, with bilinear interpolation; 0 outside the image:
///   y_n[p] = Σ_q x_n[q] k(s(p) − q)     s(p) = A⁻¹ (p − t − c) + c                            [random_affine.forward]
///   k(d) = max(0, 1 − |d_i|) max(0, 1 − |d_j|)     A = z R(ρ) S(σ)     c the center
/// Backward: dx_n[q] = Σ_p dy_n[p] k(s(p) − q)                                                [random_affine.backward]
///   x, y (N, H·W), (N, H·W·C), (N, H, W) or (N, H, W, C)
/// In inference y = x.
///
/// Source: Jaderberg et al., "Spatial transformer networks" (2015), (5); tested against PyTorch's affine_grid and
/// grid_sample.
/// Complexity: 4 pixels of x for each pixel of y. Memory in addition to y: one image.
/// \throws shape_error if x does not consist of images of this size, or an option is out of range.
struct random_affine : augmentation<random_affine> {
    static constexpr std::string_view name = "random_affine";
    static constexpr std::string_view formula = "x[s(i, j)]", backward_formula = "dx[q] = Σ_p dy[p] k(s(p) − q)";

    std::size_t height;   ///< H, in pixels
    std::size_t width;    ///< W
    double shift = 0;     ///< at most this many pixels, vertically and horizontally: a, b from [−shift, shift]
    double rotation = 0;  ///< at most this many degrees, in either direction: ρ
    double zoom = 0;      ///< z from [1 − zoom, 1 + zoom]
    double shear = 0;     ///< at most this many degrees, in either direction, by which columns are slanted: σ

    /// The map drawn for image n of the batch.
    GRADUS_ONCE [[nodiscard]] affine_map drawn(const context& ctx, std::size_t n) const;

    template <class T>
    void move(const T* from, T* to, tensor<T, 3>& padded, const context& ctx, std::size_t n, std::size_t channels,
              bool back) const {
        const affine_map s = drawn(ctx, n);
        if (back)
            kernels::sample_backward(s, height, width, channels, from, to, padded);
        else
            kernels::sample(s, height, width, channels, from, to, padded);
    }

    GRADUS_ONCE void check_options() const;
};

GRADUS_AUGMENTATION(random_affine)

#if GRADUS_BODIES_OF(layers)

GRADUS_BODY affine_map random_affine::drawn(const context& ctx, std::size_t n) const {
    const auto within = [&](double most, std::size_t k) { return most * (2 * ctx.uniform(n, k) - 1); };
    constexpr double degree = 3.14159265358979323846 / 180;
    return around_the_middle(height, width, within(shift, 0), within(shift, 1), within(rotation * degree, 2),
                             1 + within(zoom, 3), within(shear * degree, 4));
}

GRADUS_BODY void random_affine::check_options() const {
    const auto require = [](bool fits, std::string_view option, std::string_view needs, double value) {
        if (!fits) throw shape_error(name, {option, " is ", needs, ", got ", value});
    };
    require(shift >= 0 && shift < static_cast<double>(height) && shift < static_cast<double>(width), "shift",
            "at least 0 and less than the images' height and width", shift);
    require(rotation >= 0 && rotation <= 180, "rotation", "in degrees, from 0 to 180", rotation);
    require(zoom >= 0 && zoom < 1, "zoom", "at least 0 and less than 1", zoom);
    require(shear >= 0 && shear < 90, "shear", "in degrees, at least 0 and less than 90", shear);
}

#endif

}  // namespace gradus
