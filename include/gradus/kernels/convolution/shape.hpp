#pragma once
/// \file
/// The sizes of a convolution, and the offsets of its pixels.

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
    /// The number of terms in the sum of one z: K.
    [[nodiscard]] std::size_t depth() const { return kernel.area() * group_channels(); }
    /// The number of elements of one image x, and of its z.
    [[nodiscard]] std::size_t image() const { return in.area() * channels; }
    [[nodiscard]] std::size_t result() const { return out.area() * filters; }
    /// The distance between two rows of pixels.
    [[nodiscard]] std::size_t row() const { return in.width * channels; }

    /// The offset in the image at which the window of output pixel (i, j) begins.
    [[nodiscard]] std::size_t window_at(std::size_t i, std::size_t j) const {
        return i * stride.height * row() + j * stride.width * channels;
    }
    /// The offset of the kernel's tap (i, j) in its window.
    [[nodiscard]] std::size_t tap_at(std::size_t i, std::size_t j) const {
        return i * dilation.height * row() + j * dilation.width * channels;
    }
    /// The multiply-adds of one image in forward; dW and dx need the same number each.
    [[nodiscard]] std::size_t work() const { return out.area() * depth() * filters; }
};

}  // namespace gradus::kernels
