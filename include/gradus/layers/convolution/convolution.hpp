#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/initializers/variance_scaling.hpp"
#include "gradus/kernels/convolution/convolution.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/layers/convolution/options.hpp"
#include "gradus/layers/convolution/pooled.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/to_scalar.hpp"

#ifdef GRADUS_COMPILED
#include "gradus/activations/relu.hpp"
#endif

namespace gradus {

/// Convolution, y = f(x ∗ W + b): a window of K x K pixels slides over the image.                      [conv2d.forward]
///   x (N, H, W, I)   W (KH, KW, I / groups, O)   b (O)   z, y (N, H_out, W_out, O)     documents/001, 3.4 (CNN)
///   z[n, i, j, o] = b[o] + Σ_{u, v, c} x[n, i s + u d − p, j s + v d − p, c] W[u, v, c, o], where x is 0 outside
///   H_out = ⌊(H + p_top + p_bottom − d (KH − 1) − 1) / s⌋ + 1, likewise W_out                      (see window.output)
/// Backward, with dy = ∂J/∂y:
///   dz = dy ∘ f'(z)     db = Σ_{n, i, j} dz[n, i, j]                                                       [conv2d.db]
///   dW[u, v, c, o] = Σ_{n, i, j} x[n, i s + u d − p, j s + v d − p, c] dz[n, i, j, o]                      [conv2d.dW]
///   dx[n, i s + u d − p, j s + v d − p, c] += Σ_o dz[n, i, j, o] W[u, v, c, o]                             [conv2d.dx]
/// Over time, x (N, T, I) and W (K, I / groups, O): `gr::conv1d`.                                     [conv1d.forward]
///   It ignores the mask of a pass: set masked steps to 0 beforehand.
///
/// W has Keras's layout (HWIO); `gr::from_pytorch::weights` (interop/pytorch.hpp) converts PyTorch's (OIHW). With
/// groups, filter o reads only the channels of group ⌊o / (O / groups)⌋; one group per channel makes it depthwise.
///
/// Complexity: 2 N H_out W_out KH KW (I / groups) O operations forward, twice that backward. Memory in addition to y
/// and dx: that of kernels::convolution and dz of a chunk of images, which do not grow with the batch; z of the batch
/// if f' reads it, dz of the batch if f has parameters. No allocation after the first batch of that size.
/// \throws shape_error if x does not have I channels, an image is smaller than the window, the batch is empty, dy does
/// not have the shape of y, or groups does not divide I and O.
template <class T, activation F, std::size_t Axes>
struct convolution_layer {
    static constexpr std::string_view name = Axes == 2 ? "conv2d" : "conv1d", formula = "y = f(x ∗ W + b)";
    using scalar = T;
    using input = tensor<T, Axes + 2>;
    static constexpr bool gives_probabilities = requires { requires F::gives_probabilities; };

    using parameters = typename fused_parameters<convolution_parameters<T, Axes>, F>::type;
    template <class X>
    struct cache {
        X z, y, dx;  // z only if f' reads it
        X dz;        // only if f has parameters; otherwise dz is computed chunk by chunk
        tensor<T, 1> chunk_db;
        kernels::workspace<T> chunk_dz;
        kernels::convolution<T> kernel;
        pooled_cache<X> pooled;  // used if the max pooling after this layer is fused with it
    };

    parameters theta;
    F f;
    size2d kernel;
    conv2d_options options;
    initializer init;
    std::uint64_t key = 0;  // the random stream W was drawn from
    std::uint64_t drawn = 0;  // checksum of the default draw: while it matches, a network draws the parameters anew

    convolution_layer(std::size_t in, std::size_t out, size2d k, F f_, const conv2d_options& o, initializer i)
        : f(f_), kernel(k), options(o), init(std::move(i)) {
        convolving::require_sizes(name, in, out, k, o.stride, o.dilation, o.groups);
        require_way(in, out);
        if constexpr (Axes == 2)
            reshape(theta.W, std::array{k.height, k.width, in / o.groups, out});
        else
            reshape(theta.W, std::array{k.width, in / o.groups, out});
        reshape(theta.b, std::array{out});
        fused::place(f, theta, out);
    }

    template <class X>
    const X& forward(const X& x, cache<X>& c) const;

    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const;

    /// Draws W, and b unless `init` leaves it at 0, from random streams derived from `k`.
    void initialize(std::uint64_t k);

    [[nodiscard]] std::size_t channels() const { return theta.W.shape()[Axes] * options.groups; }
    [[nodiscard]] std::size_t filters() const { return theta.b.size(); }

    /// (H_out, W_out, O) for (H, W, I); (O) if only the last axes of a sample are known.
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in, bool& whole) const;
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        bool whole = true;
        return output_shape(std::move(in), whole);
    }

    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return convolution_layer<U, in_scalar<F, U>, Axes>(channels(), filters(), kernel, scalars::shell<U>(f),
                                                           options, init);
    }

  private:
    static constexpr bool linear = fused::linear<F>, keeps_z = fused::keeps_z<F>;

    friend joint<convolution_layer, max_pool2d>;

    template <class X>
    void place_kernel(const X& x, cache<X>& c) const {
        c.kernel.place(place(x), channels(), filters(), options.groups, options.way);
    }
    /// Where dx is written; null if dx is not needed.
    template <class X>
    T* prepare_backward(const X& x, cache<X>& c, const context& ctx) const {
        place_kernel(x, c);
        reshape(c.chunk_db, std::array{filters()});
        if (!ctx.input_gradient) return nullptr;
        reshape(c.dx, x.shape());
        return c.dx.data();
    }
    template <class X>
    void add_sums(kernels::image_range chunk, const T* dz, std::size_t rows, cache<X>& c, tensor<T, 1>& db) const {
        const std::size_t O = filters();
        kernels::column_sums(kernels::matrix<const T>(dz, rows, O, O), c.chunk_db.data());
        for (std::size_t o = 0; o < O; ++o) db(o) = chunk.first == 0 ? c.chunk_db(o) : db(o) + c.chunk_db(o);
    }

    /// dz of the whole batch if f has parameters, dy if f is the identity; null if dz is computed chunk by chunk.
    template <class X>
    const T* learnt_backward(const X& dy, cache<X>& c, [[maybe_unused]] parameters& grad) const {
        if constexpr (linear || learnt_activation<F>)
            return fused::backward(f, theta, dy, c, grad).data();
        else
            return nullptr;
    }
    template <class X>
    const T* chunk_backward([[maybe_unused]] const X& dy, cache<X>& c, std::size_t rows,
                            [[maybe_unused]] std::size_t at) const {
        T* const dz = c.chunk_dz.of(rows * filters());
        if constexpr (!linear && !learnt_activation<F>)
            activate_backward(f, (keeps_z ? c.z : c.y).data() + at, dy.data() + at, dz, rows, filters());
        return dz;
    }

    [[nodiscard]] convolving::door door() const {
        return {name, formula, "dW = Σ x dz", Axes, channels(), filters(), theta.W.shape(), theta.b.shape()};
    }
    void require_way(std::size_t in, std::size_t out) const;
    [[nodiscard]] window2d place(size2d image) const {
        return window::place(name, image, kernel, options.stride, options.padding, options.dilation);
    }
    template <class X>
    window2d place(const X& x) const {
        require_input<T, X>();
        static_assert(rank_of<X> == Axes + 2,
                      "gradus: conv2d takes x of (N, H, W, C), conv1d x of (N, T, C): make a single sample (1, ...)");
        door().require(x.shape());
        return place(size2d{Axes == 2 ? x.shape()[1] : 1, x.shape()[Axes]});
    }
    template <class X>
    typename X::shape_type output_of(const X& x, const window2d& w) const {
        auto s = x.shape();
        if (Axes == 2) s[1] = w.out.height;
        s[Axes] = w.out.width, s[Axes + 1] = filters();
        return s;
    }
};

template <class T, activation F, std::size_t Axes>
template <class X>
const X& convolution_layer<T, F, Axes>::forward(const X& x, cache<X>& c) const {
    const window2d w = place(x);
    const std::size_t O = filters();
    X& z = keeps_z ? c.z : c.y;  // f is applied in place if its derivative reads y
    reshape(z, output_of(x, w));
    reshape(c.y, z.shape());
    c.pooled.holds = false;
    place_kernel(x, c);
    c.kernel.each_chunk(x.shape()[0], [&](kernels::image_range chunk) {
        T* const z_n = z.data() + chunk.first * w.out.area() * O;
        c.kernel.forward(chunk, x.data(), theta.W.data(), theta.b.data(), z_n);  // z = x ∗ W + b
        const std::size_t pixels = w.out.area(), at = chunk.first * pixels * O;
        if constexpr (!learnt_activation<F> && !linear)
            activate(f, z.data() + at, c.y.data() + at, chunk.count * pixels, O);  // y = f(z)
    });
    if constexpr (learnt_activation<F>) fused::forward(f, theta, z, c.y);
    return c.y;
}

template <class T, activation F, std::size_t Axes>
template <class X>
const X& convolution_layer<T, F, Axes>::backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx) const {
    const window2d w = place(x);
    door().require_gradients(grad.W.shape(), grad.b.shape());
    door().require_backward(x.shape(), output_of(x, w), c.y.shape(), dy.shape());
    const std::size_t O = filters(), pixels = w.out.area();
    T* const dx = prepare_backward(x, c, ctx);
    const T* const all = learnt_backward(dy, c, grad);
    c.kernel.each_chunk(x.shape()[0], [&](kernels::image_range chunk) {
        const std::size_t rows = chunk.count * pixels, at = chunk.first * pixels * O;
        const T* const dz = all != nullptr ? all + at : chunk_backward(dy, c, rows, at);  // dz = dy ∘ f'(z)
        c.kernel.gradients(chunk, x.data(), dz, theta.W.data(), grad.W.data(), dx);  // dW = Σ x dz, dx = Σ dz Wᵀ
        add_sums(chunk, dz, rows, c, grad.b);                                        // db = Σ dz
    });
    return c.dx;
}

namespace convolving {
template <class T, std::size_t Axes, activation F>
[[nodiscard]] auto make(std::size_t in, std::size_t out, size2d kernel, F f, const conv2d_options& options,
                        initializer init) {
    return fused::drawn(
        convolution_layer<T, in_scalar<F, T>, Axes>(in, out, kernel, scalars::shell<T>(f), options, std::move(init)));
}
}  // namespace convolving

/// `gr::conv2d(1, 32, 3, gr::relu{})`, `gr::conv2d<double>(32, 64, {3, 5}, {.stride = 2, .padding = gr::same})`.
/// By default W is drawn from the default seed by Glorot uniform and b = 0.
template <class T = float, activation F = identity>
[[nodiscard]] auto conv2d(std::size_t in, std::size_t out, size2d kernel, F f = F{}, const conv2d_options& options = {},
                          initializer init = glorot_uniform{}) {
    return convolving::make<T, 2>(in, out, kernel, f, options, std::move(init));
}
template <class T = float>
[[nodiscard]] auto conv2d(std::size_t in, std::size_t out, size2d kernel, const conv2d_options& options,
                          initializer init = glorot_uniform{}) {
    return conv2d<T>(in, out, kernel, identity{}, options, std::move(init));
}

/// Depthwise convolution: each channel has `multiplier` filters of its own. It is conv2d with one group per channel.
/// `gr::depthwise_conv2d(32, 3, gr::relu{}, {.multiplier = 2})`.
template <class T = float, activation F = identity>
[[nodiscard]] auto depthwise_conv2d(std::size_t channels, size2d kernel, F f = F{}, const depthwise_conv2d_options& o = {},
                                    initializer init = glorot_uniform{}) {
    return convolving::make<T, 2>(channels, channels * o.multiplier, kernel, f, o.with_groups(channels), std::move(init));
}
template <class T = float>
[[nodiscard]] auto depthwise_conv2d(std::size_t channels, size2d kernel, const depthwise_conv2d_options& options,
                                    initializer init = glorot_uniform{}) {
    return depthwise_conv2d<T>(channels, kernel, identity{}, options, std::move(init));
}

/// Convolution over time: x (N, T, I), y (N, T_out, O),
///   y[n, t, o] = f(b[o] + Σ_{u, c} x[n, t s + u d − p, c] W[u, c, o])
/// `gr::conv1d(8, 16, 3, gr::relu{}, {.padding = {2, 0}})` is causal: p = (k − 1) d steps of padding before the
/// sequence, none after it. By default W is drawn by Glorot uniform and b = 0.
/// \throws shape_error as convolution_layer does.
template <class T = float, activation F = identity>
[[nodiscard]] auto conv1d(std::size_t in, std::size_t out, std::size_t kernel, F f = F{}, const conv1d_options& options = {},
                          initializer init = glorot_uniform{}) {
    return convolving::make<T, 1>(in, out, {1, kernel}, f, options.in_one_row(), std::move(init));
}
template <class T = float>
[[nodiscard]] auto conv1d(std::size_t in, std::size_t out, std::size_t kernel, const conv1d_options& options,
                          initializer init = glorot_uniform{}) {
    return conv1d<T>(in, out, kernel, identity{}, options, std::move(init));
}

template <class T, activation F, std::size_t Axes>
void convolution_layer<T, F, Axes>::initialize(std::uint64_t k) {
    key = k;
    fused::draw(f, theta, init, k);
}

template <class T, activation F, std::size_t Axes>
std::vector<std::size_t> convolution_layer<T, F, Axes>::output_shape(std::vector<std::size_t> in, bool& whole) const {
    if (in.empty() && options.image.area() != 0) {
        in = {options.image.height, options.image.width, channels()};
        if (Axes == 1) in.erase(in.begin());
        whole = true;
    }
    if (in.empty()) return {filters()};
    whole = whole || in.size() >= Axes + 1;  // all axes are known
    door().require_sample(in, whole);
    if (!whole) return {filters()};
    const window2d w = place(size2d{Axes == 2 ? in[0] : 1, in[Axes - 1]});
    if (Axes == 1) return {w.out.width, filters()};
    return {w.out.height, w.out.width, filters()};
}

template <class T, activation F, std::size_t Axes>
void convolution_layer<T, F, Axes>::require_way(std::size_t in, std::size_t out) const {
    const window2d w{{}, kernel, options.stride, options.dilation, {}, {}};
    if (!kernels::serves<T>(options.way, {w, in, out, options.groups}))
        throw shape_error(name, {"the way `", name_of(options.way), "` does not serve a kernel of ", kernel.array(),
                                 ", stride ", options.stride.array(), ", ", in, " channels, ", out, " filters and ",
                                 options.groups, " groups"});
}

#ifdef GRADUS_COMPILED
#define GRADUS_CONV2D(T, F)                                                                                           \
    GRADUS_EXTERN(layers) template void convolution_layer<T, F, 2>::initialize(std::uint64_t);                        \
    GRADUS_EXTERN(layers) template void convolution_layer<T, F, 2>::require_way(std::size_t, std::size_t) const;      \
    GRADUS_EXTERN(layers) template std::vector<std::size_t> convolution_layer<T, F, 2>::output_shape(                 \
        std::vector<std::size_t>, bool&) const;                                                                       \
    GRADUS_EXTERN(layers) template const tensor<T, 4>& convolution_layer<T, F, 2>::forward(const tensor<T, 4>&,       \
                                                                                           cache<tensor<T, 4>>&) const; \
    GRADUS_EXTERN(layers) template const tensor<T, 4>& convolution_layer<T, F, 2>::backward(                          \
        const tensor<T, 4>&, const tensor<T, 4>&, cache<tensor<T, 4>>&, parameters&, const context&) const;
GRADUS_CONV2D(float, identity)
GRADUS_CONV2D(float, relu)
GRADUS_CONV2D(double, identity)
GRADUS_CONV2D(double, relu)
#undef GRADUS_CONV2D
#endif

}  // namespace gradus
