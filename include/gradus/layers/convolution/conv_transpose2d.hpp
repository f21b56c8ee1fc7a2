#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/initializers/variance_scaling.hpp"
#include "gradus/kernels/convolution/convolution.hpp"
#include "gradus/kernels/normalization.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/layers/convolution/options.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/to_scalar.hpp"

namespace gradus {

/// How the window of `gr::conv_transpose2d` slides over y, and how many pixels are cut off around y.
struct conv_transpose2d_options {
    size2d stride = 1;            ///< pixels of y from one window to the next
    padding2d padding = valid;    ///< pixels cut off around y: their number, or gr::same, for which H_out = H s
    size2d output_padding{0, 0};  ///< extra pixels below and to the right; less than the stride or the dilation
    size2d dilation = 1;          ///< pixels from one tap to the next
    std::size_t groups = 1;       ///< groups of channels, each convolved separately
    size2d image{0, 0};           ///< H and W, if known: a sequential then checks all shapes when it is built
};

/// Transposed convolution, y = f(x ∗ᵀ W + b): each pixel of x adds a window to y.            [conv_transpose2d.forward]
///   x (N, H, W, I)   W (KH, KW, O / groups, I)   b (O)   z, y (N, H_out, W_out, O)
///   z[n, i s + u d − p, j s + v d − p, o] = b[o] + Σ_{i, j, u, v, c} x[n, i, j, c] W[u, v, o, c]
///   H_out = (H − 1) s − p_top − p_bottom + d (KH − 1) + 1 + output_padding, likewise W_out   [conv_transpose2d.output]
///   `same`: H_out = H s
/// It computes the dx of the convolution from y to x with the same W, so its own dx is the forward of that convolution:
///   dz = dy ∘ f'(z)     db = Σ_{n, i, j} dz[n, i, j]                                             [conv_transpose2d.db]
///   dW[u, v, o, c] = Σ_{n, i, j} dz[n, i s + u d − p, j s + v d − p, o] x[n, i, j, c]            [conv_transpose2d.dW]
///   dx[n, i, j, c] = Σ_{u, v, o} dz[n, i s + u d − p, j s + v d − p, o] W[u, v, o, c]            [conv_transpose2d.dx]
/// Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016), 4.
///
/// W has Keras's layout (HWOI); `gr::from_pytorch::weights` converts PyTorch's (I, O / groups, KH, KW). A kernel
/// smaller than the stride leaves gaps; Keras's `valid` also has one after the last window: output_padding = s − k.
///
/// Complexity: 2 N H W KH KW (O / groups) I operations forward, twice that backward. Memory in addition to y and dx: dz
/// and that of kernels::convolution. No allocation after the first batch of that size.
/// \throws shape_error if x does not have I channels, the padding cuts off all of y, the batch is empty, dy does not
/// have the shape of y, or groups does not divide I and O.
template <class T, activation F>
struct conv_transpose2d_layer {
    static constexpr std::string_view name = "conv_transpose2d", formula = "y = f(x ∗ᵀ W + b)";
    using scalar = T;
    using input = tensor<T, 4>;
    static constexpr bool gives_probabilities = requires { requires F::gives_probabilities; };

    using parameters = typename fused_parameters<convolution_parameters<T, 2>, F>::type;
    template <class X>
    struct cache {
        X z, y, dz, dx;                  // z only if f' reads it
        kernels::convolution<T> kernel;  // from y to x
        kernels::channelwise<T> pixels;
        tensor<T, 1> zeros;              // the b of that convolution
    };

    parameters theta;
    F f;
    size2d kernel;
    conv_transpose2d_options options;
    initializer init;
    std::uint64_t key = 0;  // the random stream W was drawn from
    std::uint64_t drawn = 0;  // checksum of the default draw: while it matches, a network draws the parameters anew

    conv_transpose2d_layer(std::size_t in, std::size_t out, size2d k, F f_, const conv_transpose2d_options& o, initializer i)
        : f(f_), kernel(k), options(o), init(std::move(i)) {
        convolving::require_sizes(name, in, out, k, o.stride, o.dilation, o.groups);
        require_options();
        reshape(theta.W, std::array{k.height, k.width, out / o.groups, in});
        reshape(theta.b, std::array{out});
        fused::place(f, theta, out);
    }

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        const window2d w = place(x);
        X& z = fused::keeps_z<F> ? c.z : c.y;  // f is applied in place if its derivative reads y
        reshape(z, output_of(x, w));
        reshape(c.y, z.shape());
        c.kernel.place(w, filters(), channels(), options.groups);
        c.kernel.each_chunk(x.shape()[0], [&](kernels::image_range chunk) {
            const T* const own = x.data() + chunk.first * w.out.area() * channels();
            c.kernel.input_gradient(chunk, own, theta.W.data(), z.data());                            // z = x ∗ᵀ W
        });
        c.pixels.resize(rows(z), filters());
        c.pixels.map([](const auto& v, const auto& b) { return v + b; }, z.data(), z.data(),
                     kernels::per_channel{[b = theta.b.data()](std::size_t o) { return b[o]; }});     // z + b
        fused::forward(f, theta, z, c.y);                                                             // y = f(z)
        return c.y;
    }

    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const {
        const window2d w = place(x);
        door().require_gradients(grad.W.shape(), grad.b.shape());
        door().require_backward(x.shape(), output_of(x, w), c.y.shape(), dy.shape());
        const X& dz = fused::backward(f, theta, dy, c, grad);                                         // dz = dy ∘ f'(z)
        kernels::column_sums(kernels::as_matrix(dz), grad.b.data());                                  // db = Σ dz
        c.kernel.place(w, filters(), channels(), options.groups);
        if (ctx.input_gradient) {
            reshape(c.dx, x.shape());
            reshape(c.zeros, std::array{channels()});
            c.zeros.fill(T(0));
        }
        c.kernel.each_chunk(x.shape()[0], [&](kernels::image_range chunk) {
            const std::size_t at = chunk.first * w.out.area() * channels();
            c.kernel.weights_gradient(chunk, dz.data(), x.data() + at, grad.W.data());                // dW = Σ dz x
            if (ctx.input_gradient)
                c.kernel.forward(chunk, dz.data(), theta.W.data(), c.zeros.data(), c.dx.data() + at); // dx = dz ∗ W
        });
        return c.dx;
    }

    /// Draws W, and b unless `init` leaves it at 0, from random streams derived from `k`.
    void initialize(std::uint64_t k) {
        key = k;
        fused::draw(f, theta, init, k);
    }

    [[nodiscard]] std::size_t channels() const { return theta.W.shape()[3]; }
    [[nodiscard]] std::size_t filters() const { return theta.b.size(); }

    /// (H_out, W_out, O) for (H, W, I); (O) if only the last axes of a sample are known.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const {
        if (in.empty() && options.image.area() != 0)
            in = {options.image.height, options.image.width, channels()}, whole = true;
        if (in.empty()) return {filters()};
        whole = whole || in.size() >= 3;
        door().require_sample(in, whole);
        if (!whole) return {filters()};
        const window2d w = place(size2d{in[0], in[1]});
        return {w.in.height, w.in.width, filters()};
    }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        bool whole = true;
        return output_shape(std::move(in), whole);
    }

    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return conv_transpose2d_layer<U, in_scalar<F, U>>(channels(), filters(), kernel, scalars::shell<U>(f),
                                                          options, init);
    }

  private:
    /// The window of the convolution from y to x, for images x of this size; its `in` is the size of y.
    [[nodiscard, gnu::noinline]] window2d place(size2d x) const {
        const size2d s = options.stride, d = options.dilation, more = options.output_padding;
        const padding2d& p = options.padding;
        if (p.is_same) return window::place(name, {x.height * s.height, x.width * s.width}, kernel, s, p, d);
        const auto along = [](std::size_t size, std::size_t stride, std::size_t reach, std::size_t extra, std::size_t cut) {
            const std::size_t uncut = size == 0 ? 0 : (size - 1) * stride + reach + extra;
            return uncut > cut ? uncut - cut : 0;
        };
        const size2d y(along(x.height, s.height, window::reach(kernel.height, d.height), more.height, p.top + p.bottom),
                       along(x.width, s.width, window::reach(kernel.width, d.width), more.width, p.left + p.right));
        if (y.area() == 0)
            throw shape_error(name, {"a padding of ", std::array{p.top, p.bottom, p.left, p.right},
                                     " (top, bottom, left, right) leaves nothing of y for an image of ", x.array()});
        return {y, kernel, s, d, x, p};
    }
    template <class X>
    window2d place(const X& x) const {
        require_input<T, X>();
        static_assert(rank_of<X> == 4,
                      "gradus: conv_transpose2d takes x of (N, H, W, C): make a single sample (1, H, W, C)");
        door().require(x.shape());
        return place(size2d{x.shape()[1], x.shape()[2]});
    }
    template <class X>
    std::array<std::size_t, 4> output_of(const X& x, const window2d& w) const {
        return {x.shape()[0], w.in.height, w.in.width, filters()};
    }

    [[nodiscard]] convolving::door door() const {
        return {name, formula, "dW = Σ dz x", 2, channels(), filters(), theta.W.shape(), theta.b.shape()};
    }
    void require_options() const {
        const auto& o = options;
        const auto fits = [](std::size_t more, std::size_t s, std::size_t d) { return more < s || more < d; };
        if (!fits(o.output_padding.height, o.stride.height, o.dilation.height) ||
            !fits(o.output_padding.width, o.stride.width, o.dilation.width))
            throw shape_error(name, {"output_padding must be less than the stride or the dilation, got ",
                                     o.output_padding.array(), ", ", o.stride.array(), " and ", o.dilation.array()});
        if (o.padding.is_same && !(o.output_padding == size2d{0, 0}))
            throw shape_error(name, {"`same` makes y H s high and W s wide: output_padding must be 0, got ",
                                     o.output_padding.array()});
    }
};

/// `gr::conv_transpose2d(64, 32, 3, gr::relu{}, {.stride = 2, .padding = gr::same})` doubles an image's height and
/// width. By default W is drawn from the default seed by Glorot uniform and b = 0.
template <class T = float, activation F = identity>
[[nodiscard]] auto conv_transpose2d(std::size_t in, std::size_t out, size2d kernel, F f = F{},
                                    const conv_transpose2d_options& options = {}, initializer init = glorot_uniform{}) {
    return fused::drawn(
        conv_transpose2d_layer<T, in_scalar<F, T>>(in, out, kernel, scalars::shell<T>(f), options, std::move(init)));
}
template <class T = float>
[[nodiscard]] auto conv_transpose2d(std::size_t in, std::size_t out, size2d kernel, const conv_transpose2d_options& options,
                                    initializer init = glorot_uniform{}) {
    return conv_transpose2d<T>(in, out, kernel, identity{}, options, std::move(init));
}

}  // namespace gradus
