#pragma once
/// \file
/// The activation of a layer y = f(z), z = xW + b a matrix product or a convolution: code shared by these layers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "gradus/activations/activation.hpp"
#include "gradus/activations/identity.hpp"
#include "gradus/base/random.hpp"
#include "gradus/initializers/initializer.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/statement.hpp"

namespace gradus {

/// θ of a layer whose activation has parameters: those of the layer, then those of the activation.
template <class Theta, class F>
struct with_learnt : Theta {
    typename F::parameters f;
    static void each(auto&& visit, auto&... p) { Theta::each(visit, p...), F::parameters::each(visit, p.f...); }
};
/// θ of a layer with the activation F.
template <class Theta, class F>
struct fused_parameters {
    using type = Theta;
};
template <class Theta, learnt_activation F>
struct fused_parameters<Theta, F> {
    using type = with_learnt<Theta, F>;
};

namespace fused {

template <activation F>
inline constexpr bool linear = std::is_same_v<F, identity>;
/// If f' reads y, f is applied in place and z is not stored.
template <activation F>
inline constexpr bool keeps_z = !row_activation<F> && F::backward_reads == reads::z;

/// Sets up f in a layer with this number of units.
/// \throws shape_error if an option of f is invalid, or its parameters are for another number of units.
template <activation F, class Theta>
void place(const F& f, Theta& theta, std::size_t units) {
    check_options(f);
    if constexpr (learnt_activation<F>) theta.f = f.theta, (void)f.output_shape({units});
}

/// Draws W, and b unless `init` leaves it at 0, from random streams derived from `key`.
template <activation F, class Theta>
void draw(const F& f, Theta& theta, const initializer& init, std::uint64_t key) {
    gradus::draw(theta.W, init, random::mix(key, "W"), fan_of(theta.W));
    draw_biases(theta.b, init, random::mix(key, "b"), fan_of(theta.W));
    if constexpr (learnt_activation<F>) theta.f = f.theta;
}
/// The layer, drawn from the default seed; a network draws it anew with a key from its path.
template <class L>
[[nodiscard]] L drawn(L layer) {
    draw_by_default(layer, random::mix(default_seed(), "layer"));
    return layer;
}

/// y = f(z)
template <activation F, class Theta, class X>
void forward([[maybe_unused]] const F& f, [[maybe_unused]] const Theta& theta, [[maybe_unused]] const X& z, [[maybe_unused]] X& y) {
    if constexpr (learnt_activation<F>)
        f.activate(theta.f, z, y);
    else if constexpr (!linear<F>)
        activate(f, z, y);
}
/// dz = dy ∘ f'(z), with z, y and dz from the layer's cache; dy itself if f is the identity. Assigns the gradients of
/// f's parameters.
template <activation F, class Theta, class X, class Cache>
const X& backward([[maybe_unused]] const F& f, [[maybe_unused]] const Theta& theta, const X& dy, Cache& c,
                  [[maybe_unused]] Theta& grad) {
    if constexpr (linear<F>) return dy;
    reshape(c.dz, dy.shape());
    if constexpr (learnt_activation<F>)
        f.activate_backward(theta.f, c.z, dy, c.dz, grad.f);
    else
        activate_backward(f, keeps_z<F> ? c.z : c.y, dy, c.dz);
    return c.dz;
}


/// The name and formula of f, for explain.
template <activation F>
[[nodiscard]] function_words words() {
    function_words w{F::name, {}, row_activation<F>};
    if constexpr (requires { F::formula; }) w.formula = F::formula;
    return w;
}
/// f' of each z or y that backward reads, in double; empty for a function of rows.
template <activation F, class Theta, class X>
[[nodiscard]] tensor<double, 1> slopes(const F& f, const Theta& theta, const X& read) {
    tensor<double, 1> out;
    if constexpr (!row_activation<F>) reshape(out, std::array{read.size()});
    if constexpr (learnt_activation<F>) {
        X one(read.shape(), scalar_of<X>(1)), dz(read.shape());
        auto grad = theta.f;
        f.activate_backward(theta.f, read, one, dz, grad);
        std::copy_n(dz.data(), dz.size(), out.data());
    } else if constexpr (!row_activation<F>) {
        for (std::size_t i = 0; i < out.size(); ++i)
            out.data()[i] = static_cast<double>(f.derivative(static_cast<double>(read.data()[i])));
    }
    return out;
}

}  // namespace fused
}  // namespace gradus
