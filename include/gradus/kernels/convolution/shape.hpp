#pragma once
/// \file
/// What the kernels of convolution know of their images: every size, and where a pixel stands.

#include <cstddef>

#include "gradus/kernels/window.hpp"

namespace gradus::kernels {

/// Images (in, C), channels last, already padded; filters W (KH, KW, C / groups, O); results z (out, O).
struct convolution_shape {
    size2d in, kernel, stride, dilation, out;
    std::size_t channels = 1, filters = 1, groups = 1;

    convolution_shape() = default;
    convolution_shape(const window2d& w, std::size_t c, std::size_t o, std::size_t g)
        : in(w.padded()),
          kernel(w.kernel),
          stride(w.stride),
          dilation(w.dilation),
          out(w.out),
          channels(c),
          filters(o),
          groups(g) {}
    bool operator==(const convolution_shape&) const = default;

    [[nodiscard]] std::size_t group_channels() const { return channels / groups; }
    [[nodiscard]] std::size_t group_filters() const { return filters / groups; }
    /// Numbers that one z is summed from: K.
    [[nodiscard]] std::size_t depth() const { return kernel.area() * group_channels(); }
    /// Numbers of one image x, and of one z.
    [[nodiscard]] std::size_t image() const { return in.area() * channels; }
    [[nodiscard]] std::size_t result() const { return out.area() * filters; }
    /// From one row of pixels to the next.
    [[nodiscard]] std::size_t row() const { return in.width * channels; }

    /// Where in its image the window of output pixel (i, j) begins.
    [[nodiscard]] std::size_t window_at(std::size_t i, std::size_t j) const {
        return i * stride.height * row() + j * stride.width * channels;
    }
    /// Where in its window tap (i, j) of the kernel stands.
    [[nodiscard]] std::size_t tap_at(std::size_t i, std::size_t j) const {
        return i * dilation.height * row() + j * dilation.width * channels;
    }
    /// Multiply-adds of one image, forward; as many again each for dW and dx.
    [[nodiscard]] std::size_t work() const { return out.area() * depth() * filters; }
};

}  // namespace gradus::kernels
