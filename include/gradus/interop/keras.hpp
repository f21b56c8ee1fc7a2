#pragma once
/// \file
/// Conversion of the weights of Keras's recurrent layers. Dense, convolution and normalization need none: Keras has the
/// same layout as gradus.
///
///                          Keras                                    gradus
///     gates                lstm i f c o, gru z r h                  lstm i f g o, gru r z n
///     kernel               (D, G·H)                                 W (D, G·H)
///     recurrent_kernel     (H, G·H)                                 U (H, G·H)
///     bias                 (G·H)                                    b (G·H)
///     GRU, reset_after     (2, 3H): of the inputs, of the state     b (3H), their sum; b_q (H), the state's of n
///
/// `GRU(reset_after=True)`, the default since TensorFlow 2, is `gr::gru`; `reset_after=False` is
/// `gr::gru_reset_before`.

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "gradus/interop/pytorch_recurrent.hpp"

namespace gradus {

namespace io::keras {

/// Weights as `layer.get_weights()` returns them; R: the axes of the bias.
template <class T, std::size_t R>
struct recurrent_weights {
    tensor<T, 2> kernel, recurrent_kernel;
    tensor<T, R> bias;
};

/// The position of gate g in the other order. GRU has three gates, z r h and r z n; the mapping is its own inverse.
[[nodiscard]] constexpr std::size_t gate(std::size_t g, std::size_t gates) { return gates == 3 && g < 2 ? 1 - g : g; }

/// Copies a row of G·H numbers with its gates in the other order.
template <class T>
void turn_gates(const T* from, T* to, std::size_t gates, std::size_t H) {
    for (std::size_t g = 0; g < gates; ++g) std::copy_n(from + gate(g, gates) * H, H, to + g * H);
}
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> turned_gates(const tensor<T, N>& from, std::size_t H) {
    tensor<T, N> to(from.shape());
    const std::size_t width = features(from);
    for (std::size_t r = 0; r < rows(from); ++r) turn_gates(from.data() + r * width, to.data() + r * width, width / H, H);
    return to;
}

}  // namespace io::keras

namespace from_keras {

/// Sets θ of an `rnn`, `lstm`, `gru` or `gru_reset_before` from the weights of SimpleRNN, LSTM or GRU, in the order of
/// `layer.get_weights()`: `recurrent(net.layer<0>(), kernel, recurrent_kernel, bias)`.               [keras.recurrent]
///   W = kernel     U = recurrent_kernel     b = bias     the gates in our order; gru:
///   b = bias₀ + (bias₁ of r and z, 0)     b_q = bias₁ of n.
/// Keras's `use_bias=False`: set b to zeros.
/// \throws shape_error if the layer has another number of gates, inputs or units. (A GRU with the other `reset_after`
/// does not compile.)
template <class L, class T, std::size_t R>
void recurrent(L& layer, const tensor<T, 2>& kernel, const tensor<T, 2>& recurrent_kernel, const tensor<T, R>& bias) {
    auto& theta = layer.theta;
    static_assert(!requires { theta.P; }, "gradus: Keras's LSTM has no peepholes");
    constexpr bool two = requires { theta.b_q; };
    static_assert(R == (two ? 2 : 1),
                  "gradus: Keras's bias has an axis of 2 for GRU(reset_after=True), which is gr::gru, and one "
                  "axis for all others: GRU(reset_after=False) is gr::gru_reset_before");
    const auto [D, GH] = theta.W.shape();
    const std::size_t H = theta.U.shape()[0];
    const auto require = [&](std::string_view name, const auto& array, auto... expected) {
        io::require_shape("keras", name, array.shape(), name_of(layer),
                          std::array<std::size_t, sizeof...(expected)>{expected...});
    };
    require("kernel", kernel, D, GH);
    require("recurrent_kernel", recurrent_kernel, H, GH);
    if constexpr (two)
        require("bias", bias, std::size_t{2}, GH);
    else
        require("bias", bias, GH);
    theta.W = io::keras::turned_gates(kernel, H);
    theta.U = io::keras::turned_gates(recurrent_kernel, H);
    const auto b = io::keras::turned_gates(bias, H);
    if constexpr (two) {
        for (std::size_t k = 0; k < GH; ++k) theta.b(k) = b(0, k) + (k < 2 * H ? b(1, k) : T(0));
        for (std::size_t k = 0; k < H; ++k) theta.b_q(k) = b(1, 2 * H + k);
    } else {
        theta.b = b;
    }
}

}  // namespace from_keras

namespace to_keras {

/// The inverse, for `layer.set_weights([kernel, recurrent_kernel, bias])`. For `gr::gru` the
/// state's bias is b_q for n, else 0.
template <class L>
[[nodiscard]] auto recurrent(const L& layer) {
    const auto& theta = layer.theta;
    static_assert(!requires { theta.P; }, "gradus: Keras's LSTM has no peepholes");
    using T = typename L::scalar;
    const std::size_t H = theta.U.shape()[0], GH = theta.b.size();
    constexpr bool two = requires { theta.b_q; };
    constexpr std::size_t R = two ? 2 : 1;
    tensor<T, R> bias;
    if constexpr (two) {
        bias = tensor<T, 2>({2, GH}, T(0));
        std::copy_n(theta.b.data(), GH, &bias(0, 0));
        std::copy_n(theta.b_q.data(), H, &bias(1, 2 * H));
    } else {
        bias = theta.b;
    }
    using io::keras::turned_gates;
    return io::keras::recurrent_weights<T, R>{turned_gates(theta.W, H), turned_gates(theta.U, H), turned_gates(bias, H)};
}

}  // namespace to_keras

}  // namespace gradus
