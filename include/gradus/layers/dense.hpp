#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/initializers/variance_scaling.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/product/matrix_product.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/to_scalar.hpp"

#ifdef GRADUS_COMPILED
#include "gradus/activations/relu.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/tanh.hpp"
#endif

namespace gradus {

/// θ of a dense layer, the same type for every activation without parameters, and the shape checks.
template <class T>
struct dense_parameters {
    tensor<T, 2> W;
    tensor<T, 1> b;
    static void each(auto&& f, auto&... p) { f("W", p.W...), f(entry("b").without_decay(), p.b...); }

    template <class X>
    void check(const X& x) const {
        require_input<T, X>();
        static_assert(rank_of<X> >= 2, "gradus: dense takes x of (N, I) or (N, ..., I): make a single sample (1, I)");
        if (features(x) != W.shape()[0]) refuse(x.shape());
        if (rows(x) == 0) detail::refuse_empty("dense", "y = f(xW + b)", x.shape());
    }
    template <class X>
    void check_backward(const X& x, const X& dy, const X& y, const dense_parameters& grad) const {
        check(x);
        require_gradient("dense", "dW = xᵀ dz", "dW", W.shape(), grad.W.shape());
        require_gradient("dense", "db = Σₙ dzₙ", "db", b.shape(), grad.b.shape());
        require_same_forward("dense", x.shape(), y.shape(), with_features(x, b.size()));
        require_dy("dense", "dz = dy ∘ f'(z)", y.shape(), dy.shape());
    }
    [[noreturn]] void refuse(std::span<const std::size_t> x, bool any_batch = false) const {
        throw shape_error("dense", {"y = f(xW + b) needs x of (N, ", W.shape()[0], "), got ", shape_text(x, any_batch), ": W is ", W.shape()});
    }
};

/// Fully connected layer, y = f(xW + b).                                                               [dense.forward]
///   x (N, I)   W (I, O)   b (O)   z, y (N, O)                       documents/003, 3 (forward propagation)
/// Backward, with dy = ∂J/∂y:
///   dz = dy ∘ f'(z)     dW = xᵀ dz     db = Σₙ dzₙ     dx = dz Wᵀ     [dense.dz] [dense.dW] [dense.db] [dense.dx]
/// Leading axes are rows: x may be (N, T, I).
///
/// Complexity: 2NIO operations forward, 4NIO backward. No allocation after the first batch of that size.
/// Constructed by `gr::dense(in, out, f, initializer)`.
/// \throws shape_error if x does not have I features, the batch is empty, or dy does not have the shape of y.
template <class T, activation F>
struct dense_layer {
    static constexpr std::string_view name = "dense", formula = "y = f(xW + b)";
    using scalar = T;
    using input = tensor<T, 2>;
    static constexpr bool gives_probabilities = requires { requires F::gives_probabilities; };

    using parameters = typename fused_parameters<dense_parameters<T>, F>::type;
    template <class X>
    struct cache {
        X z, y, dz, dx;  // z only if f' reads it
    };

    parameters theta;
    F f;  // with its initial values if it has parameters
    initializer init;
    std::uint64_t key = 0;  // the random stream W was drawn from
    std::uint64_t drawn = 0;  // checksum of the default draw: while it matches, a network draws the parameters anew

    dense_layer(std::size_t in, std::size_t out, F f_, initializer init_);

    template <class X>
    const X& forward(const X& x, cache<X>& c) const;

    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const context& ctx = {}) const;

    template <class X>
    void tell(auto&& made, const X&, const cache<X>& c) const {
        if constexpr (fused::keeps_z<F>) made("z", c.z);
    }
    template <class X>
    void tell_formulas(auto&& made, const X& x, const cache<X>& c) const {
        made(statement{.text = "z = xW + b", .id = "dense.forward", .by = made_by::affine, .result = {"y", c.y}, .a = {"x", x},
                       .b = {"W", theta.W}, .c = {"b", theta.b}, .f = fused::words<F>()});
    }
    template <class X>
    void tell_backward(auto&& made, const X& x, const X& dy, const cache<X>& c, const parameters& grad) const {
        const X& dz = fused::linear<F> ? dy : c.dz;
        const X& read = fused::keeps_z<F> ? c.z : c.y;
        const auto slopes = fused::slopes(f, theta, read);
        made("dz", dz);
        made(statement{.text = "dz = dy ∘ f'(z)", .id = "dense.dz", .by = made_by::function, .result = {"dz", dz},
                       .a = {"dy", dy}, .b = {fused::keeps_z<F> ? "z" : "y", read}, .c = {"f'", slopes}, .f = fused::words<F>()});
        made(statement{.text = "dW = xᵀ dz", .id = "dense.dW", .by = made_by::outer, .result = {"dW", grad.W}, .a = {"x", x},
                       .b = {"dz", dz}});
        made(statement{.text = "db = Σₙ dzₙ", .id = "dense.db", .by = made_by::column_sums, .result = {"db", grad.b},
                       .a = {"dz", dz}});
        made(statement{.text = "dx = dz Wᵀ", .id = "dense.dx", .by = made_by::transposed, .result = {"dx", c.dx},
                       .a = {"dz", dz}, .b = {"W", theta.W}});
    }

    /// Draws W, and b unless `init` leaves it at 0, from random streams derived from `k`.
    void initialize(std::uint64_t k);

    [[nodiscard]] std::vector<std::size_t> input_shape() const { return {theta.W.shape()[0]}; }
    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        if (in.empty() || in.back() != theta.W.shape()[0]) {
            in.insert(in.begin(), 0);  // any batch
            theta.refuse(in, true);
        }
        in.back() = theta.b.size();
        return in;
    }

    /// The same layer with scalar U; its parameters are not copied.
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return dense_layer<U, in_scalar<F, U>>(theta.W.shape()[0], theta.W.shape()[1], scalars::shell<U>(f), init);
    }
};

template <class T, activation F>
dense_layer<T, F>::dense_layer(std::size_t in, std::size_t out, F f_, initializer init_) : f(f_), init(std::move(init_)) {
    if (in == 0 || out == 0)
        throw shape_error(name, {"W (I, O) needs both sizes at least 1, got ", std::array{in, out}});
    reshape(theta.W, std::array{in, out});
    reshape(theta.b, std::array{out});
    fused::place(f, theta, out);
}

template <class T, activation F>
template <class X>
GRADUS_INLINE const X& dense_layer<T, F>::forward(const X& x, cache<X>& c) const {
    const auto& W = theta.W;
    const auto& b = theta.b;
    theta.check(x);
    X& z = fused::keeps_z<F> ? c.z : c.y;  // f is applied in place if its derivative reads y
    reshape(z, with_features(x, b.size()));
    reshape(c.y, z.shape());
    kernels::product_with_bias<T>(x, W, b.data(), z);                              // z = xW + b
    fused::forward(f, theta, z, c.y);                                              // y = f(z)
    return c.y;
}

template <class T, activation F>
template <class X>
GRADUS_INLINE const X& dense_layer<T, F>::backward(const X& x, const X& dy, cache<X>& c, parameters& grad,
                                                   const context& ctx) const {
    const auto& W = theta.W;
    auto& dW = grad.W;
    auto& db = grad.b;
    theta.check_backward(x, dy, c.y, grad);
    const X& dz = fused::backward(f, theta, dy, c, grad);                          // dz = dy ∘ f'(z)
    kernels::product<T>(1, kernels::transpose(x), dz, 0, dW);                      // dW = xᵀ dz
    kernels::column_sums(kernels::as_matrix(dz), db.data());                       // db = Σₙ dzₙ
    if (ctx.input_gradient) {
        reshape(c.dx, x.shape());
        kernels::product<T>(1, dz, kernels::transpose(W), 0, c.dx);                // dx = dz Wᵀ
    }
    return c.dx;
}

template <class T, activation F>
void dense_layer<T, F>::initialize(std::uint64_t k) {
    key = k;
    fused::draw(f, theta, init, k);
}

/// `gr::dense(2, 3, gr::sigmoid{})`, `gr::dense<double>(784, 128, gr::relu{}, gr::he_normal{})`.
/// By default W is drawn from the default seed by Glorot uniform and b = 0. In a `sequential` the draw depends on the
/// path of the layer, so no two layers have the same initial values.
template <class T = float, activation F = identity>
[[nodiscard]] auto dense(std::size_t in, std::size_t out, F f = F{}, initializer init = glorot_uniform{}) {
    return fused::drawn(dense_layer<T, in_scalar<F, T>>(in, out, scalars::shell<T>(f), std::move(init)));
}

#ifdef GRADUS_COMPILED
#define GRADUS_DENSE(T, F, N)                                                                                         \
    GRADUS_EXTERN(layers) template const tensor<T, N>& dense_layer<T, F>::forward(const tensor<T, N>&,                \
                                                                                  cache<tensor<T, N>>&) const;        \
    GRADUS_EXTERN(layers) template const tensor<T, N>& dense_layer<T, F>::backward(                                   \
        const tensor<T, N>&, const tensor<T, N>&, cache<tensor<T, N>>&, parameters&, const context&) const;
#define GRADUS_DENSE_WITH(F)                                                                                          \
    GRADUS_EXTERN(layers) template dense_layer<float, F>::dense_layer(std::size_t, std::size_t, F, initializer);      \
    GRADUS_EXTERN(layers) template dense_layer<double, F>::dense_layer(std::size_t, std::size_t, F, initializer);     \
    GRADUS_EXTERN(layers) template void dense_layer<float, F>::initialize(std::uint64_t);                             \
    GRADUS_EXTERN(layers) template void dense_layer<double, F>::initialize(std::uint64_t);                            \
    GRADUS_DENSE(float, F, 2)                                                                                         \
    GRADUS_DENSE(float, F, 3)                                                                                         \
    GRADUS_DENSE(double, F, 2)                                                                                        \
    GRADUS_DENSE(double, F, 3)
GRADUS_DENSE_WITH(identity)
GRADUS_DENSE_WITH(sigmoid)
GRADUS_DENSE_WITH(tanh)
GRADUS_DENSE_WITH(relu)
#undef GRADUS_DENSE_WITH
#undef GRADUS_DENSE
#endif

}  // namespace gradus
