#pragma once
/// \file
/// The base of layers without parameters that map images to images of another size: padding, upsampling.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// A layer from `size_of(in)`, the size of y for images of size `in`, and from `apply(x, y, cache)` and
/// `apply_backward(dy, dx, cache)`: `struct upsample2d : image_layer<upsample2d>`.
///   x (N, H, W, C)   y (N, H', W', C)
/// \throws shape_error if x is not a batch of images, or dy does not have the shape of y.
template <class Layer>
struct image_layer {
    using parameters = no_parameters;
    template <class X>
    struct cache {
        X y, dx;
        tensor<scalar_of<X>, 1> line;  // workspace for one row of an image
    };

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        reshape(c.y, shape_of(x));
        self().apply(x, c.y, c);
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters&, const context& ctx = {}) const {
        if (c.y.size() == 0) detail::refuse_forward(Layer::name, x.shape(), c.y.shape());
        require_same_forward(Layer::name, x.shape(), c.y.shape(), shape_of(x));
        require_dy(Layer::name, "backward", c.y.shape(), dy.shape());
        if (!ctx.input_gradient) return c.dx;
        reshape(c.dx, x.shape());
        self().apply_backward(dy, c.dx, c);
        return c.dx;
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in) const {
        require_images(in);
        const size2d out = self().size_of({in[0], in[1]});
        return {out.height, out.width, in[2]};
    }
    /// If fewer than three axes of a sample are known, only the number of channels is.
    [[nodiscard]] std::vector<std::size_t> output_shape(const std::vector<std::size_t>& in, bool& whole) const {
        whole = whole || in.size() >= 3;
        if (whole) return output_shape(in);
        return in.empty() ? in : std::vector<std::size_t>{in.back()};
    }

  private:
    [[nodiscard]] const Layer& self() const { return static_cast<const Layer&>(*this); }

    template <class X>
    [[nodiscard]] std::array<std::size_t, 4> shape_of(const X& x) const {
        require_input<typename X::value_type, X>();
        static_assert(
            rank_of<X> == 4,
            "gradus: the layer takes images (N, H, W, C), a gradus::tensor<T, 4>: gradus::reshaped({H, W, C}) makes "
            "them of rows");
        const auto& s = x.shape();
        if (s[0] == 0) throw shape_error(Layer::name, {"got an empty batch, x is ", s});
        require_images(std::span(s).subspan(1));
        const size2d out = self().size_of({s[1], s[2]});
        return {s[0], out.height, out.width, s[3]};
    }
    [[gnu::noinline]] static void require_images(std::span<const std::size_t> sample) {
        if (sample.size() != 3 || sample[0] * sample[1] * sample[2] == 0)
            throw shape_error(Layer::name, {"y = ", Layer::formula, " needs images x of (N, H, W, C), a sample is ",
                                            shape_text(sample)});
    }
};

}  // namespace gradus
