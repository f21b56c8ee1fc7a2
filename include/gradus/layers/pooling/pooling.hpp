#pragma once
/// \file
/// The base of all pooling layers: a window that slides over images, no parameters.

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/kernels/pooling.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

namespace pooling {

/// Requires a sample of shape (H, W, C), each at least 1.
[[gnu::noinline]] inline void require_images(std::string_view name, std::span<const std::size_t> sample) {
    if (sample.size() != 3 || sample[0] * sample[1] * sample[2] == 0)
        throw shape_error(name, {"needs images x of (N, H, W, C), a sample is ", shape_text(sample)});
}

/// A stride of 0 means the kernel's size.
/// \throws shape_error for a size of 0, or if a window could lie entirely in the padding and so contain no pixel.
GRADUS_ONCE void require_window(std::string_view name, size2d kernel, size2d stride, padding2d p);

/// The windows over an image of size `in`.
[[nodiscard, gnu::noinline]] inline window2d place(std::string_view name, size2d in, size2d kernel, size2d stride, padding2d p) {
    require_window(name, kernel, stride, p);  // the layer's members may have changed since construction
    return window::place(name, in, kernel, stride == size2d(0) ? kernel : stride, p);
}

GRADUS_ONCE void check_backward(std::string_view name, bool forwarded, std::span<const std::size_t> x,
                                std::span<const std::size_t> y, std::span<const std::size_t> dy);

#if GRADUS_BODIES_OF(layers)

GRADUS_BODY void require_window(std::string_view name, size2d kernel, size2d stride, padding2d p) {
    window::require_positive(name, kernel, stride == size2d(0) ? kernel : stride);
    if (!p.is_same &&
        (std::max(p.top, p.bottom) >= kernel.height || std::max(p.left, p.right) >= kernel.width))
        throw shape_error(name, {"a window of ", kernel.array(), " could lie wholly in a padding of ",
                                 std::array{p.top, p.bottom, p.left, p.right},
                                 " (top, bottom, left, right): each must be less than the window"});
}

GRADUS_BODY void check_backward(std::string_view name, bool forwarded, std::span<const std::size_t> x,
                                std::span<const std::size_t> y, std::span<const std::size_t> dy) {
    if (!forwarded) detail::refuse_forward(name, x, y);
    require_dy(name, "dx", y, dy);
}

#endif

}  // namespace pooling

/// A layer from a window and two kernels: `struct max_pool2d : pooling_layer<max_pool2d>`. L has
///   window2d place(size2d in) const                                              the windows over images of this size
///   void pool(images, x, y) const, pool_backward(images, x, y, dy, dx) const        the kernels
/// y is (N, H_out, W_out, C), or (N, C) if Rank = 2.
template <class L, std::size_t Rank = 4>
struct pooling_layer {
    using parameters = no_parameters;
    template <class X>
    using output = tensor<scalar_of<X>, Rank>;
    template <class X>
    struct cache {
        output<X> y;
        X dx;
    };

    template <class X>
    const output<X>& forward(const X& x, cache<X>& c) const;
    template <class X>
    const X& backward(const X& x, const output<X>& dy, cache<X>& c, parameters&, const context& ctx = {}) const;

    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in) const {
        pooling::require_images(L::name, in);
        const window2d w = self().place({in[0], in[1]});
        if constexpr (Rank == 2)
            return {in[2]};
        else
            return {w.out.height, w.out.width, in[2]};
    }
    /// If fewer than three axes of a sample are known, only the number of channels is.
    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in, bool& whole) const {
        whole = whole || in.size() >= 3;
        if (whole) return output_shape(in);
        return in.empty() ? in : std::vector<std::size_t>{in.back()};
    }

  private:
    const L& self() const { return static_cast<const L&>(*this); }

    template <class X>
    kernels::pooled_images of(const X& x) const {
        require_input<typename X::value_type, X>();
        static_assert(rank_of<X> == 4,
                      "gradus: pooling takes images (N, H, W, C), a gradus::tensor<T, 4>: gradus::reshaped({H, W, C}) makes "
                      "them of rows");
        if (x.shape()[0] == 0) throw shape_error(L::name, {"got an empty batch, x is ", x.shape()});
        pooling::require_images(L::name, std::span(x.shape()).subspan(1));
        return {x.shape()[0], x.shape()[3], self().place({x.shape()[1], x.shape()[2]})};
    }
    static std::array<std::size_t, Rank> shape_of_y(const kernels::pooled_images& images) {
        if constexpr (Rank == 2)
            return {images.count, images.channels};
        else
            return {images.count, images.window.out.height, images.window.out.width, images.channels};
    }
};

template <class L, std::size_t Rank>
template <class X>
auto pooling_layer<L, Rank>::forward(const X& x, cache<X>& c) const -> const output<X>& {
    const auto images = of(x);
    reshape(c.y, shape_of_y(images));
    self().pool(images, x.data(), c.y.data());
    return c.y;
}

template <class L, std::size_t Rank>
template <class X>
const X& pooling_layer<L, Rank>::backward(const X& x, const output<X>& dy, cache<X>& c, parameters&, const context& ctx) const {
    const bool forwarded = c.y.size() != 0 && c.y.shape() == shape_of_y(of(x));
    pooling::check_backward(L::name, forwarded, x.shape(), c.y.shape(), dy.shape());
    if (!ctx.input_gradient) return c.dx;
    const auto images = of(x);
    reshape(c.dx, x.shape());
    self().pool_backward(images, x.data(), c.y.data(), dy.data(), c.dx.data());
    return c.dx;
}

/// Explicit instantiations of the pooling L, for the compiled unit.
#ifdef GRADUS_COMPILED
#define GRADUS_POOLING(L, Rank)                                                                                       \
    GRADUS_POOLING_OF(L, Rank, float)                                                                                 \
    GRADUS_POOLING_OF(L, Rank, double)
#define GRADUS_POOLING_OF(L, Rank, T)                                                                                 \
    GRADUS_EXTERN(layers) template const tensor<T, Rank>& pooling_layer<L, Rank>::forward(const tensor<T, 4>&,        \
                                                                                          cache<tensor<T, 4>>&) const; \
    GRADUS_EXTERN(layers) template const tensor<T, 4>& pooling_layer<L, Rank>::backward(                              \
        const tensor<T, 4>&, const tensor<T, Rank>&, cache<tensor<T, 4>>&, parameters&, const context&) const;
#else
#define GRADUS_POOLING(L, Rank)
#endif

}  // namespace gradus
