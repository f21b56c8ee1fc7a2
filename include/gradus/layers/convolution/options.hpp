#pragma once
/// \file
/// Options, parameters and shape checks of convolutions: what does not depend on the activation.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/kernels/convolution/way.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/parameters.hpp"

namespace gradus {

using kernels::convolution_way;

/// How the window of `gr::conv2d` slides, and over which channels.
struct conv2d_options {
    size2d stride = 1;          ///< pixels from one window to the next
    padding2d padding = valid;  ///< zeros around the image: gr::valid, gr::same, or their number
    size2d dilation = 1;        ///< pixels from one tap to the next
    std::size_t groups = 1;     ///< groups of channels, each convolved separately
    size2d image{0, 0};         ///< H and W, if known: a sequential then checks all shapes when it is built
    convolution_way way = convolution_way::fastest;  ///< the algorithm
};
/// The same for `gr::depthwise_conv2d`, which has one group per channel.
struct depthwise_conv2d_options {
    size2d stride = 1;
    padding2d padding = valid;
    size2d dilation = 1;
    std::size_t multiplier = 1;  ///< filters per channel: Keras's depth_multiplier
    size2d image{0, 0};
    convolution_way way = convolution_way::fastest;

    [[nodiscard]] conv2d_options with_groups(std::size_t channels) const {
        return {stride, padding, dilation, channels, image, way};
    }
};
/// The same for `gr::conv1d`, in time steps.
struct conv1d_options {
    std::size_t stride = 1;
    padding1d padding = valid;  ///< {k − 1, 0}: causal
    std::size_t dilation = 1;
    std::size_t groups = 1;
    std::size_t length = 0;  ///< T, if known

    /// The options of the same convolution on images of one row.
    [[nodiscard]] conv2d_options in_one_row() const {
        return {{1, stride}, padding.in_one_row(), {1, dilation}, groups, {length == 0 ? 0u : 1u, length}};
    }
};

/// θ of a convolution, the same type for every activation without parameters.
template <class T, std::size_t Axes>
struct convolution_parameters {
    tensor<T, Axes + 2> W;
    tensor<T, 1> b;
    static void each(auto&& f, auto&... p) { f("W", p.W...), f(entry("b").without_decay(), p.b...); }
};

namespace convolving {

/// The shape checks of a convolution: the values that their messages contain.
struct door {
    std::string_view name, formula, dW;
    std::size_t axes, channels, filters;  // axes: 2 for images (N, H, W, C), 1 for sequences (N, T, C)
    std::span<const std::size_t> W, b;

    [[noreturn, gnu::noinline]] void refuse(std::span<const std::size_t> x, bool any_batch) const {
        throw shape_error(name, {formula, " needs x of ", axes == 2 ? "(N, H, W, " : "(N, T, ", channels, "), got ",
                                 shape_text(x, any_batch), ": W is ", shape_text(W)});
    }
    [[gnu::noinline]] void require(std::span<const std::size_t> x) const {
        if (x.back() != channels) refuse(x, false);
        if (x[0] == 0) throw shape_error(name, {formula, " got an empty batch, x is ", shape_text(x)});
    }
    /// Checks the shape of a sample; unless `whole`, its first axes are unknown.
    GRADUS_ONCE void require_sample(std::span<const std::size_t> in, bool whole) const;
    GRADUS_ONCE void require_gradients(std::span<const std::size_t> grad_W, std::span<const std::size_t> grad_b) const;
    GRADUS_ONCE void require_backward(std::span<const std::size_t> x, std::span<const std::size_t> expected,
                                      std::span<const std::size_t> y, std::span<const std::size_t> dy) const;
};

GRADUS_ONCE void require_sizes(std::string_view name, std::size_t in, std::size_t out, size2d kernel, size2d stride,
                               size2d dilation, std::size_t groups);

#if GRADUS_BODIES_OF(layers)

GRADUS_BODY void door::require_sample(std::span<const std::size_t> in, bool whole) const {
    if (in.back() == channels && (!whole || in.size() == axes + 1)) return;
    std::array<std::size_t, 8> x{};
    std::copy_n(in.begin(), std::min(in.size(), x.size() - 1), x.begin() + 1);
    refuse(std::span(x).first(std::min(in.size() + 1, x.size())), true);
}

GRADUS_BODY void door::require_gradients(std::span<const std::size_t> grad_W,
                                         std::span<const std::size_t> grad_b) const {
    require_gradient(name, dW, "dW", W, grad_W);
    require_gradient(name, "db = Σ dz", "db", b, grad_b);
}

GRADUS_BODY void door::require_backward(std::span<const std::size_t> x, std::span<const std::size_t> expected,
                                        std::span<const std::size_t> y, std::span<const std::size_t> dy) const {
    require_same_forward(name, x, y, expected);
    require_dy(name, "dz = dy ∘ f'(z)", y, dy);
}

GRADUS_BODY void require_sizes(std::string_view name, std::size_t in, std::size_t out, size2d kernel, size2d stride,
                               size2d dilation, std::size_t groups) {
    if (in == 0 || out == 0 || kernel.area() == 0)
        throw shape_error(name, {"W needs all sizes at least 1, got a kernel of ", kernel.array(), ", ", in,
                                 " channels and ", out, " filters"});
    window::require_positive(name, kernel, stride, dilation);
    if (groups == 0 || in % groups != 0 || out % groups != 0)
        throw shape_error(name, {"groups must divide channels and filters, got ", groups, " groups of ", in,
                                 " channels and ", out, " filters"});
}

#endif

}  // namespace convolving
}  // namespace gradus
