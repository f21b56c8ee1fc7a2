#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "gradus/activations/activation.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/layers/recurrent/recurrent.hpp"

#ifdef GRADUS_COMPILED
#include "gradus/activations/relu.hpp"
#endif

namespace gradus {

/// One time step of an Elman network:  h = f(z + u),  z = xW + b,  u = h′U                                      [rnn.h]
///   h′ (N, H) the previous state, h the new one.
/// Backward, with dh = ∂J/∂h:
///   dz = dh ∘ f'(z)     dh′ = dz Uᵀ                                                                 [rnn.dz] [rnn.dh]
/// f is tanh, ReLU, or another activation whose derivative reads y.
/// Source: documents/001, 3.4 (循环层). Elman, "Finding structure in time" (1990).
template <element_activation F>
struct rnn_cell : recurrent::any_cell {
    static_assert(F::backward_reads == reads::y,
                  "gradus: rnn keeps h alone: its activation is one whose derivative reads y, as tanh, ReLU and sigmoid");
    static constexpr std::string_view name = "rnn", formula = "h_t = f(x_t W + h_{t−1} U + b)";
    static constexpr std::size_t gates = 1;
    static constexpr bool in_place = true;
    static constexpr std::array<cell_formula, 1> said{{{"h = f(z + u)", "rnn.h"}}};
    static constexpr std::array<cell_formula, 2> said_backward{{{"dh = dy + dz Uᵀ", "rnn.dh"}, {"dz = dh ∘ f'(z + u)", "rnn.dz"}}};
    static constexpr cell_words words() { return {said, said_backward}; }
    F f;

    template <class T>
    void forward(const recurrent_parameters<T>&, const recurrent::step<T>& s) const {
        s.recur(s.h, 0, 0, 1);                                                            // u = h′U
        s.each_row([&](std::size_t n) {
            kernels::update(s.units, [this](auto& h, const auto& u) {
                h = f.value(h + u);                                                       // h = f(z + u)
            }, s.y[n], recurrent::in(s.u[n]));
        });
    }

    template <class T>
    void backward(const recurrent_parameters<T>&, recurrent_parameters<T>&, const recurrent::step<T>& s) const {
        s.each_row([&](std::size_t n) {
            kernels::update(s.units, [this](auto& dz, auto& dh, const auto& h) {
                dz = dh * f.derivative(h);                                                // dz = dh ∘ f'(z)
                dh = 0 * dh;                                                              // dh′ is added later
            }, s.du[n], s.dh[n], recurrent::in(s.y[n]));
        });
        s.recur_back(s.dh, 0, 0, 1);                                                      // dh′ = dz Uᵀ
    }
};

/// `gr::rnn(28, 128)`, `gr::rnn<double>(28, 128, gr::relu{}, {.reverse = true})`: y (N, T, H) of x (N, T, D).
/// As in Keras, by default W is drawn by Glorot uniform, U is orthogonal, and b = 0.
template <class T = float, element_activation F = tanh>
[[nodiscard]] auto rnn(std::size_t in, std::size_t units, F f = {}, recurrent_options options = {},
                       initializer init = glorot_uniform{}, initializer recurrent_init = orthogonal{}) {
    check_options(f);
    return fused::drawn(recurrent_layer<T, rnn_cell<F>>(in, units, rnn_cell<F>{{}, f}, options, std::move(init), std::move(recurrent_init)));
}

GRADUS_RECURRENT(rnn_cell<tanh>)
GRADUS_RECURRENT(rnn_cell<relu>)

}  // namespace gradus
