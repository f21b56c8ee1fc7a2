#pragma once

#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/pooling.hpp"
#include "gradus/layers/pooling/pooling.hpp"

namespace gradus {

/// The mean of each channel over the whole image, y_nc = Σ_hw x_nhwc / HW               [global_average_pool2d.forward]
/// Backward: dx_nhwc = dy_nc / HW                                                      [global_average_pool2d.backward]
///   x (N, H, W, C)   y (N, C)
///
/// Images may have any size: the window is as large as the image.
/// \throws shape_error if x is not a batch of images.
struct global_average_pool2d : pooling_layer<global_average_pool2d, 2> {
    static constexpr std::string_view name = "global_average_pool2d";
    static constexpr std::string_view formula = "mean of x over the image";

    [[nodiscard]] window2d place(size2d in) const { return window::place(name, in, in, in, valid); }
    template <class T>
    void pool(const kernels::pooled_images& images, const T* x, T* y) const {
        kernels::average_pool(images, false, x, y);
    }
    template <class T>
    void pool_backward(const kernels::pooled_images& images, const T*, const T*, const T* dy, T* dx) const {
        kernels::average_pool_backward(images, false, dy, dx);
    }
};

/// The maximum of each channel over the whole image, y_nc = max_hw x_nhwc                   [global_max_pool2d.forward]
/// Backward, at the first pixel that equals y: dx_nhwc = dy_nc, elsewhere 0                [global_max_pool2d.backward]
///   x (N, H, W, C)   y (N, C)
///
/// Images may have any size: the window is as large as the image. NaN counts as greater than any number.
/// \throws shape_error if x is not a batch of images.
struct global_max_pool2d : pooling_layer<global_max_pool2d, 2> {
    static constexpr std::string_view name = "global_max_pool2d";
    static constexpr std::string_view formula = "max x over the image";

    [[nodiscard]] window2d place(size2d in) const { return window::place(name, in, in, in, valid); }
    template <class T>
    void pool(const kernels::pooled_images& images, const T* x, T* y) const {
        kernels::max_pool(images, x, y);
    }
    template <class T>
    void pool_backward(const kernels::pooled_images& images, const T* x, const T* y, const T* dy, T* dx) const {
        kernels::max_pool_backward(images, x, y, dy, dx);
    }
};

GRADUS_POOLING(global_average_pool2d, 2)
GRADUS_POOLING(global_max_pool2d, 2)

}  // namespace gradus
