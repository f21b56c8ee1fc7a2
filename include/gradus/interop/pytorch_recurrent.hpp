#pragma once
/// \file
/// Conversion of the weights of PyTorch's nn.RNN, nn.LSTM and nn.GRU, and of their cells.
///
///                          PyTorch                                  gradus
///     x, y                 (N, T, D), (N, T, H), batch_first=True   the same
///     gates                lstm i f g o, gru r z n, along rows      the same, along columns
///     weight_ih            (G·H, D)                                 W (D, G·H)
///     weight_hh            (G·H, H)                                 U (H, G·H)
///     bias_ih, bias_hh     (G·H) each                               b (G·H), their sum
///                          for gru's n they are not added           b_q (H), bias_hh of n
///
/// A module with several layers or two directions has one set for each: weight_ih_l0, weight_ih_l0_reverse, ...

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/interop/pytorch.hpp"
#include "gradus/io/npz.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

namespace io {

/// \throws shape_error if an array does not have the shape that the layer expects
GRADUS_ONCE void require_shape(std::string_view from, std::string_view name, std::span<const std::size_t> shape,
                               std::string_view layer, std::span<const std::size_t> expected);

namespace pytorch {

/// PyTorch's weights of one layer in one direction. Biases are empty if it was created with bias=False.
template <class T>
struct recurrent_weights {
    tensor<T, 2> weight_ih, weight_hh;
    tensor<T, 1> bias_ih = {}, bias_hh = {};
};
template <class T>
[[nodiscard]] recurrent_weights<T> read_recurrent(const npz_reader& file, std::string_view prefix, std::string_view suffix) {
    const auto name = [&](std::string_view what) { return message({prefix, what, suffix.empty() ? "" : "_", suffix}); };
    recurrent_weights<T> out{file[name("weight_ih")].template to<tensor<T, 2>>(),
                             file[name("weight_hh")].template to<tensor<T, 2>>()};
    if (!file.contains(name("bias_ih"))) return out;
    out.bias_ih = file[name("bias_ih")].template to<tensor<T, 1>>();
    out.bias_hh = file[name("bias_hh")].template to<tensor<T, 1>>();
    return out;
}

}  // namespace pytorch
#if GRADUS_BODIES_OF(interop)

GRADUS_BODY void require_shape(std::string_view from, std::string_view name, std::span<const std::size_t> shape,
                               std::string_view layer, std::span<const std::size_t> expected) {
    if (!std::equal(shape.begin(), shape.end(), expected.begin(), expected.end()))
        throw shape_error(from,
                          {name, " of ", shape_text(shape), " is not ", layer, "'s, which takes ", shape_text(expected)});
}

#endif

}  // namespace io

namespace from_pytorch {

/// Sets θ of an `rnn`, `lstm` or `gru`.                                                            [pytorch.recurrent]
///   W[d, k] = weight_ih[k, d]     U[j, k] = weight_hh[k, j]     b[k] = bias_ih[k] + bias_hh[k],
///   gru, where k is one of n's:                                 b[k] = bias_ih[k]     b_q[k − 2H] = bias_hh[k].
/// \throws shape_error if the layer has another number of gates, inputs or units.
template <class L, class T>
void recurrent(L& layer, const io::pytorch::recurrent_weights<T>& from) {
    auto& theta = layer.theta;
    static_assert(!requires { theta.P; }, "gradus: PyTorch's LSTM has no peepholes");
    static_assert(decltype(layer.cell)::whole_product,
                  "gradus: PyTorch's GRU has its reset gate behind the product: it is gr::gru, not gr::gru_reset_before");
    const auto [D, GH] = theta.W.shape();
    const std::size_t H = theta.U.shape()[0];
    const auto require = [&](std::string_view name, const auto& array, auto... expected) {
        io::require_shape("pytorch", name, array.shape(), name_of(layer),
                          std::array<std::size_t, sizeof...(expected)>{expected...});
    };
    require("weight_ih", from.weight_ih, GH, D);
    require("weight_hh", from.weight_hh, GH, H);
    if (from.bias_ih.size() != 0) require("bias_ih", from.bias_ih, GH);
    if (from.bias_hh.size() != 0) require("bias_hh", from.bias_hh, GH);
    theta.W = weights(from.weight_ih);
    theta.U = weights(from.weight_hh);
    const auto at = [](const tensor<T, 1>& bias, std::size_t k) { return bias.size() == 0 ? T(0) : bias(k); };
    for (std::size_t k = 0; k < GH; ++k) {
        theta.b(k) = at(from.bias_ih, k);
        if constexpr (requires { theta.b_q; }) {
            if (k >= 2 * H) {
                theta.b_q(k - 2 * H) = at(from.bias_hh, k);
                continue;
            }
        }
        theta.b(k) += at(from.bias_hh, k);
    }
}

/// The same from the file of a `state_dict`: `recurrent(net.layer<0>(), file, "lstm.", "l0")` reads the arrays
/// lstm.weight_ih_l0 and so on; for a `bidirectional` layer also those that end in _reverse. Cells need an empty
/// suffix.
/// \throws data_error if the file lacks the weights, or they have another type.
template <class L>
void recurrent(L& layer, const io::npz_reader& file, std::string_view prefix, std::string_view suffix = "l0") {
    if constexpr (requires { layer.backwards; }) {
        recurrent(layer.forwards, file, prefix, suffix);
        recurrent(layer.backwards, file, prefix, message({suffix, "_reverse"}));
    } else {
        recurrent(layer, io::pytorch::read_recurrent<typename L::scalar>(file, prefix, suffix));
    }
}

}  // namespace from_pytorch

namespace to_pytorch {

/// The inverse: θ of a layer in PyTorch's form. All of b becomes bias_ih; bias_hh is 0, except for b_q.
template <class L>
[[nodiscard]] auto recurrent(const L& layer) {
    const auto& theta = layer.theta;
    static_assert(!requires { theta.P; }, "gradus: PyTorch's LSTM has no peepholes");
    static_assert(decltype(layer.cell)::whole_product,
                  "gradus: PyTorch's GRU has its reset gate behind the product: it is gr::gru, not gr::gru_reset_before");
    using T = typename L::scalar;
    io::pytorch::recurrent_weights<T> to{weights(theta.W), weights(theta.U), theta.b, tensor<T, 1>(theta.b.shape(), T(0))};
    if constexpr (requires { theta.b_q; })
        std::copy(theta.b_q.begin(), theta.b_q.end(), to.bias_hh.end() - static_cast<std::ptrdiff_t>(theta.b_q.size()));
    return to;
}

}  // namespace to_pytorch

}  // namespace gradus
