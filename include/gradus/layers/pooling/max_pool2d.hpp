#pragma once

#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/pooling.hpp"
#include "gradus/layers/pooling/pooling.hpp"

namespace gradus {

/// How the windows of `max_pool2d` stand.
struct max_pool2d_options {
    size2d stride = 0;          ///< from window to window; 0, the default: the kernel's size, windows side by side
    padding2d padding = valid;  ///< counts as −∞, never the maximum; `gr::same` as in Keras
};

/// The greatest pixel of each window, channel by channel:
///   y_ijc = max_ab x_(is+a−p, js+b−p, c)                                                          [max_pool2d.forward]
/// Backward, to the pixel that was the maximum; of equal ones to the first, from left to right and from above:
///   dx_hwc = Σ dy_ijc over the windows (i, j) whose maximum x_hwc is                               [max_pool2d.backward]
///   x (N, H, W, C)   y (N, H_out, W_out, C)   sizes: window::place
///
/// `gr::max_pool2d(2)`, `gr::max_pool2d({3, 2}, {.stride = 2, .padding = 1})`
/// Keras and PyTorch choose the same defaults. NaN is greater than any number, so that y is NaN where a window has one.
/// No index is kept: backward is given x again, and finds the first that equals y. (A convolution in front that takes the
/// pooling in stores no x to be given, and keeps which pixel was the maximum.)
/// Source: documents/001 (`MaxPooling2D(pool_size=(2, 2))`).
/// Complexity: one comparison for each pixel of each window. Memory: y, and dx.
/// \throws shape_error for what are no images, a window that does not fit, or one that could lie wholly in the padding.
struct max_pool2d : pooling_layer<max_pool2d> {
    static constexpr std::string_view name = "max_pool2d";
    static constexpr std::string_view formula = "max x over the window";

    size2d kernel;
    max_pool2d_options options;

    explicit max_pool2d(size2d k, max_pool2d_options o = {}) : kernel(k), options(o) {
        pooling::require_window(name, k, o.stride, o.padding);
    }

    [[nodiscard]] window2d place(size2d in) const { return pooling::place(name, in, kernel, options.stride, options.padding); }
    template <class T>
    void pool(const kernels::pooled_images& images, const T* x, T* y) const {
        kernels::max_pool(images, x, y);
    }
    template <class T>
    void pool_backward(const kernels::pooled_images& images, const T* x, const T* y, const T* dy, T* dx) const {
        kernels::max_pool_backward(images, x, y, dy, dx);
    }
};

GRADUS_POOLING(max_pool2d, 4)

}  // namespace gradus
