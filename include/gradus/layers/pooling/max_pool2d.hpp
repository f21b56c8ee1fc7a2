#pragma once

#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/pooling.hpp"
#include "gradus/layers/pooling/pooling.hpp"

namespace gradus {

/// Stride and padding of `max_pool2d`.
struct max_pool2d_options {
    size2d stride = 0;          ///< from one window to the next; 0, the default: the kernel's size
    padding2d padding = valid;  ///< −∞, so never the maximum; `gr::same` as in Keras
};

/// The maximum of each window, channel by channel:
///   y_ijc = max_ab x_(is+a−p, js+b−p, c)                                                          [max_pool2d.forward]
/// Backward, to the pixel that was the maximum; ties go to the first pixel in row order:
///   dx_hwc = Σ dy_ijc over the windows (i, j) whose maximum x_hwc is                             [max_pool2d.backward]
///   x (N, H, W, C)   y (N, H_out, W_out, C)   sizes: window::place
///
/// `gr::max_pool2d(2)`, `gr::max_pool2d({3, 2}, {.stride = 2, .padding = 1})`
/// The defaults are those of Keras and PyTorch. NaN counts as greater than any number, so y is NaN if its window has
/// one. No index is stored: backward receives x again and finds the first pixel that equals y. (If a convolution before
/// it is fused with the pooling, x is not stored, and the index of each maximum is kept instead.)
/// Source: documents/001, 4.1 (`MaxPooling2D((2, 2))`).
/// Complexity: one comparison for each pixel of each window. Memory: y and dx.
/// \throws shape_error if x is not a batch of images, or the window does not fit or could lie entirely in the padding.
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
