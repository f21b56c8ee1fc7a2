#pragma once

#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/pooling.hpp"
#include "gradus/layers/pooling/pooling.hpp"

namespace gradus {

/// Stride and padding of `average_pool2d`.
struct average_pool2d_options {
    size2d stride = 0;           ///< from one window to the next; 0, the default: the kernel's size
    padding2d padding = valid;   ///< zeros around the image; `gr::same` as in Keras
    bool count_padding = false;  ///< whether K counts them: PyTorch's `count_include_pad` (default true)
};

/// The mean of each window, channel by channel:
///   y_ijc = Σ_ab x_(is+a−p, js+b−p, c) / K_ij                                                 [average_pool2d.forward]
/// Backward:
///   dx_hwc = Σ dy_ijc / K_ij over the windows (i, j) that x_hwc lies in                      [average_pool2d.backward]
///   x (N, H, W, C)   y (N, H_out, W_out, C)   sizes: window::place
/// K_ij: the number of image pixels in the window, so that an image of ones stays one at its edges, as with Keras's
/// `same`. With `.count_padding = true`, K_ij = KH · KW, zeros of the padding included: PyTorch's default.
///
/// `gr::average_pool2d(2)`, `gr::average_pool2d({3, 2}, {.stride = 2, .padding = 1, .count_padding = true})`
/// Complexity: one addition for each pixel of each window. Memory: y and dx.
/// \throws shape_error if x is not a batch of images, or the window does not fit or could lie entirely in the padding.
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
