#pragma once
/// \file
/// A convolution fused with the max pooling after it: the result of the convolution is pooled while it is in the CPU
/// cache, and is never stored.

#include <array>
#include <cstddef>

#include "gradus/kernels/convolution/convolution.hpp"
#include "gradus/kernels/convolution/pooled.hpp"
#include "gradus/kernels/workspace.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/layers/pooling/max_pool2d.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/container.hpp"

namespace gradus {

template <class T, activation F, std::size_t Axes>
struct convolution_layer;

/// The part of the convolution's cache that the fused layers use.
template <class X>
struct pooled_cache {
    bool holds = false;              // the last forward was fused: the convolution has no y
    typename X::shape_type taken{};  // the shape of x in that forward
    X tap;                           // which pixel of each window was the maximum
    kernels::workspace<scalar_of<X>> chunk_z, chunk_d;
};

/// y = max f(x ∗ W + b) = f(max (x ∗ W + b)), if f is non-decreasing.
/// Complexity: that of the two layers. Memory: y, the index of each maximum, and z and dz of a chunk of images.
/// \throws shape_error as the two layers do, with the name of the layer that does not fit.
template <class T, activation F>
    requires requires { requires F::rises; }
struct joint<convolution_layer<T, F, 2>, max_pool2d> {
    static constexpr bool exists = true;
    using conv_layer = convolution_layer<T, F, 2>;

    const conv_layer& conv;
    const max_pool2d& pool;

    /// Returns false unless the windows are disjoint; the two layers are then computed one after the other.
    template <class X>
    bool forward(const X& x, cache_of<conv_layer, X>& c, cache_of<max_pool2d, X>& after, const context& ctx) const {
        if (ctx.every_output || !fits(x)) return false;
        const auto& theta = conv.theta;
        const auto images = pooled(conv.place(x), x.shape()[0]);
        reshape(after.y, std::array{images.count, images.window.out.height, images.window.out.width, images.channels});
        reshape(c.pooled.tap, after.y.shape());
        reshape(c.y, std::array<std::size_t, 4>{});
        c.pooled.holds = true;
        c.pooled.taken = x.shape();
        conv.place_kernel(x, c);
        c.kernel.each_chunk(images.count, [&](kernels::image_range chunk) {
            const std::size_t at = chunk.first * images.pooled_size(), rows = chunk.count * images.window.out.area();
            T* const z = c.pooled.chunk_z.of(chunk.count * images.size());
            T* const y = after.y.data() + at;
            c.kernel.forward(chunk, x.data(), theta.W.data(), theta.b.data(), z);          // z = x ∗ W + b
            kernels::max_pool_with_tap<T>(of(images, chunk), z, y, c.pooled.tap.data() + at);     // max z
            if constexpr (!fused::linear<F>) activate(conv.f, y, y, rows, images.channels);     // y = f(max z)
        });
        return true;
    }
    static bool holds(const auto& c) { return c.pooled.holds; }

    /// Checks dy as the pooling does, so that an error has the pooling's name and path.
    static const auto& accept(const auto& dy, const auto& after) {
        require_dy(max_pool2d::name, "dx", after.y.shape(), dy.shape());
        return dy;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache_of<conv_layer, X>& c, cache_of<max_pool2d, X>& after,
                      parameters_of<conv_layer>& grad, const context& ctx) const {
        const auto& theta = conv.theta;
        const auto images = pooled(conv.place(x), x.shape()[0]);
        conv.door().require_gradients(grad.W.shape(), grad.b.shape());
        if (x.shape() != c.pooled.taken)
            throw shape_error(conv.name, {"backward needs the forward of the same x before it: x is ", x.shape(),
                                          ", the forward was of ", c.pooled.taken});
        T* const dx = conv.prepare_backward(x, c, ctx);
        c.kernel.each_chunk(images.count, [&](kernels::image_range chunk) {
            const std::size_t at = chunk.first * images.pooled_size(), rows = chunk.count * images.window.out.area();
            T* const d = c.pooled.chunk_d.of(rows * images.channels);
            T* const dz = c.chunk_dz.of(chunk.count * images.size());
            activate_backward(conv.f, after.y.data() + at, dy.data() + at, d, rows, images.channels);  // d = dy ∘ f'
            kernels::max_pool_from_tap<T>(of(images, chunk), d, c.pooled.tap.data() + at, dz);    // d at the maximum
            c.kernel.gradients(chunk, x.data(), dz, theta.W.data(), grad.W.data(), dx);    // dW = Σ x dz, dx = Σ dz Wᵀ
            conv.add_sums(chunk, d, rows, c, grad.b);                                      // db = Σ dz = Σ d
        });
        return c.dx;
    }

  private:
    template <class X>
    [[nodiscard]] bool fits(const X& x) const {
        const window2d w = conv.place(x);
        const padding2d& p = pool.options.padding;
        if (p.top + p.bottom + p.left + p.right != 0) return false;
        // An image smaller than the window: the pooling throws the error.
        if (w.out.height < pool.kernel.height || w.out.width < pool.kernel.width) return false;
        return kernels::pools_in_registers<T>(pooled(w, 1));
    }
    [[nodiscard]] kernels::pooled_images pooled(const window2d& w, std::size_t images) const {
        return {images, conv.filters(), pool.place(w.out)};
    }
    [[nodiscard]] static kernels::pooled_images of(kernels::pooled_images all, kernels::image_range chunk) {
        all.count = chunk.count;
        return all;
    }
};

}  // namespace gradus
