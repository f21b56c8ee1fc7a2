#pragma once

#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/pooling.hpp"
#include "gradus/layers/pooling/pooling.hpp"

namespace gradus {

/// How the windows of `average_pool2d` stand.
struct average_pool2d_options {
    size2d stride = 0;           ///< from window to window; 0, the default: the kernel's size, windows side by side
    padding2d padding = valid;   ///< zeros around the image; `gr::same` as in Keras
    bool count_padding = false;  ///< whether the mean counts them: PyTorch's `count_include_pad`, which it has true
};

/// The mean of each window, channel by channel:
///   y_ijc = Σ_ab x_(is+a−p, js+b−p, c) / K_ij                                                 [average_pool2d.forward]
/// Backward, to each pixel its share:
///   dx_hwc = Σ dy_ijc / K_ij over the windows (i, j) that x_hwc lies in                       [average_pool2d.backward]
///   x (N, H, W, C)   y (N, H_out, W_out, C)   sizes: window::place
/// K_ij: the pixels of the image that the window covers, so that an image of ones stays one up to its edge, as Keras's
/// `same` has it. With `.count_padding = true`, KH · KW, zeros of the padding included: PyTorch's default.
///
/// `gr::average_pool2d(2)`, `gr::average_pool2d({3, 2}, {.stride = 2, .padding = 1, .count_padding = true})`
/// Complexity: one addition for each pixel of each window. Memory: y, and dx.
/// \throws shape_error for what are no images, a window that does not fit, or one that could lie wholly in the padding.
struct average_pool2d : pooling_layer<average_pool2d> {
    static constexpr std::string_view name = "average_pool2d";
    static constexpr std::string_view formula = "mean of x over the window";

    size2d kernel;
    average_pool2d_options options;

    explicit average_pool2d(size2d k, average_pool2d_options o = {}) : kernel(k), options(o) {
        pooling::require_window(name, k, o.stride, o.padding);
    }

    [[nodiscard]] window2d place(size2d in) const { return pooling::place(name, in, kernel, options.stride, options.padding); }
    template <class T>
    void pool(const kernels::pooled_images& images, const T* x, T* y) const {
        kernels::average_pool(images, options.count_padding, x, y);
    }
    template <class T>
    void pool_backward(const kernels::pooled_images& images, const T*, const T*, const T* dy, T* dx) const {
        kernels::average_pool_backward(images, options.count_padding, dy, dx);
    }
};

GRADUS_POOLING(average_pool2d, 4)

}  // namespace gradus
