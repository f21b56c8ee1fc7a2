#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gradus/activations/activation.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/tensor/generic.hpp"

namespace gradus {

/// Parametric rectified linear unit: y = z where z > 0, else a z, with a trainable slope a.                    [prelu]
///   dz = dy where z > 0, else a dy     da = Σ dy z over the z ≤ 0 that share a           [prelu.backward] [prelu.da]
///   z, y (..., D)   a (D): one per feature, or (1): one for all
/// A layer, `gr::prelu(3)`, or fused into another, `gr::dense(2, 3, gr::prelu(3))`; `gr::prelu()` shares one slope.
/// a is excluded from weight decay, which would turn the unit into a ReLU. a may become negative, so the backward reads
/// z. The initial a is 0.25, as in the paper and in PyTorch; in Keras 0: `gr::prelu(3, 0.0)`.
/// Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015), 2.1.
/// \throws shape_error if a does not fit the features, for an empty batch, or a dy whose shape is not that of y.
template <class T = float>
struct prelu {
    static constexpr std::string_view name = "prelu";
    static constexpr std::string_view formula = "z where z > 0, else a z";
    static constexpr reads backward_reads = reads::z;
    using scalar = T;

    struct parameters {
        tensor<T, 1> a;
        static void each(auto&& f, auto&... p) { f(entry("a").without_decay(), p.a...); }
    };
    template <class X>
    using cache = activation_cache<X>;

    parameters theta;
    double slope;           // initial a
    std::uint64_t key = 0;  // without effect: nothing is random

    /// \throws shape_error for no features.
    explicit prelu(std::size_t features = 1, double slope_ = 0.25) : slope(slope_) {
        if (features == 0) throw shape_error(name, "a (D) needs at least one feature, got 0");
        theta.a.resize({features});
        initialize(key);
    }
    void initialize(std::uint64_t) { theta.a.fill(static_cast<T>(slope)); }

    template <class Z, class A>
    static auto value(const Z& z, const A& a) {
        return where(z > 0, z, a * z);
    }
    template <class Z, class A>
    static auto derivative(const Z& z, const A& a) {
        return where(z > 0, constant<Z>(1), a);
    }
    /// ∂y/∂a = min(z, 0)
    template <class Z>
    static auto derivative_a(const Z& z) {
        return where(z > 0, constant<Z>(0), z);
    }

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        check(x);
        reshape(c.y, x.shape());
        activate(theta, x, c.y);
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad) const {
        check(x);
        activating::check_backward(name, x, dy, c.y);
        reshape(c.dx, x.shape());
        activate_backward(theta, x, dy, c.dx, grad);
        return c.dx;
    }

    /// y = f(z) with the slopes of `at`: this layer's θ, or that of a layer into which f is fused.
    template <class X>
    void activate(const parameters& at, const X& z, X& y) const {
        const T* a = at.a.data();
        const std::size_t D = at.a.size();
        if (D == 1)
            kernels::map(z.size(), [a = *a](const auto& v) { return value(v, a); }, y.data(), z.data());
        else
            for (std::size_t i = 0; i < z.size(); i += D)
                kernels::map(D, [](const auto& v, const auto& s) { return value(v, s); }, y.data() + i, z.data() + i, a);
    }
    /// dz = dy ∘ f'(z), and da.
    template <class X>
    void activate_backward(const parameters& at, const X& z, const X& dy, X& dz, parameters& grad) const {
        const T* a = at.a.data();
        const std::size_t D = at.a.size();
        require_gradient(name, "da = Σ dy ∂y/∂a", "da", at.a.shape(), grad.a.shape());
        const auto da_term = [](const auto& v, const auto& d) { return d * derivative_a(v); };
        if (D == 1) {
            const auto dz_of = [a = *a](const auto& v, const auto& d) { return d * derivative(v, a); };
            kernels::map(z.size(), dz_of, dz.data(), z.data(), dy.data());
            grad.a(0) = kernels::sum_of(z.size(), da_term, z.data(), dy.data());
            return;
        }
        const auto dz_of = [](const auto& v, const auto& d, const auto& s) { return d * derivative(v, s); };
        const auto add = [&](auto& da, const auto& v, const auto& d) { da += da_term(v, d); };
        grad.a.fill(T(0));
        for (std::size_t i = 0; i < z.size(); i += D) {
            kernels::map(D, dz_of, dz.data() + i, z.data() + i, dy.data() + i, a);
            kernels::update(D, add, grad.a.data(), z.data() + i, dy.data() + i);
        }
    }

    [[nodiscard]] std::vector<std::size_t> output_shape(std::vector<std::size_t> in) const {
        if (shared() || (!in.empty() && in.back() == theta.a.size())) return in;
        in.insert(in.begin(), 0);  // the batch axis, of any size
        refuse(in, true);
    }
    template <class U>
    [[nodiscard]] prelu<U> to_scalar() const {
        return prelu<U>(theta.a.size(), slope);
    }

  private:
    [[nodiscard]] bool shared() const { return theta.a.size() == 1; }

    template <class X>
    void check(const X& x) const {
        require_input<T, X>();
        activating::check(name, x);
        if (!shared() && features(x) != theta.a.size()) refuse(x.shape());
    }
    [[noreturn]] void refuse(std::span<const std::size_t> x, bool any_batch = false) const {
        throw shape_error(name, {"y = f(x; a) needs x of (N, ", theta.a.size(), "), got ", shape_text(x, any_batch),
                                 ": a is ", theta.a.shape()});
    }
};

}  // namespace gradus
