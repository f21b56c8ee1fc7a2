#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>

#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/layers/recurrent/recurrent.hpp"

namespace gradus {

/// `gr::lstm(28, 128, {.forget_bias = 0})`. The first two options are those of recurrent_options, which cannot be a
/// base class because designated initializers do not set members of a base.
struct lstm_options {
    bool reverse = false;
    std::size_t truncate = 0;
    double forget_bias = 1;  ///< initial b_f: 1 (Keras; Gers et al., 2000) makes a new cell remember; PyTorch has 0
};

/// One time step of the long short-term memory (LSTM), with z = xW + b and u = h′U for each gate; c′ and h′ are the
/// previous state:
///   i = σ(z_i + u_i)     f = σ(z_f + u_f)                                                            [lstm.i] [lstm.f]
///   g = tanh(z_g + u_g)     o = σ(z_o + u_o)                                                         [lstm.g] [lstm.o]
///   c = f ∘ c′ + i ∘ g     h = o ∘ tanh c                                                            [lstm.c] [lstm.h]
/// Backward, with dh = ∂J/∂h, and dc from the next step:
///   dz_o = dh ∘ tanh c ∘ o ∘ (1 − o)     dc ← dc + dh ∘ o ∘ (1 − tanh² c)                          [lstm.do] [lstm.dc]
///   dz_i = dc ∘ g ∘ i ∘ (1 − i)     dz_f = dc ∘ c′ ∘ f ∘ (1 − f)                                   [lstm.di] [lstm.df]
///   dz_g = dc ∘ i ∘ (1 − g²)                                                                                 [lstm.dg]
///   dc′ = dc ∘ f     dh′ = dz Uᵀ                                                            [lstm.dc_before] [lstm.dh]
/// Source: documents/001, 3.4 (门机制, LSTM). Hochreiter and Schmidhuber (1997); the forget gate: Gers, Schmidhuber and
/// Cummins (2000). The order of the gates is i f g o, as in PyTorch and in Keras (which calls g c).
struct lstm_cell : recurrent::any_cell {
    static constexpr std::string_view name = "lstm", formula = "c_t = f ∘ c_{t−1} + i ∘ g,  h_t = o ∘ tanh(c_t)";
    static constexpr std::size_t gates = 4, kept = 2;  // c and tanh c
    static constexpr bool keeps_c = true;
    static constexpr std::array<std::string_view, 4> gate_names{"i", "f", "g", "o"};
    static constexpr std::array<std::string_view, 2> kept_names{"c", "tanh c"};
    static constexpr std::array<cell_formula, 6> said{{{"i = σ(z_i + u_i)", "lstm.i"},
                                                       {"f = σ(z_f + u_f)", "lstm.f"},
                                                       {"g = tanh(z_g + u_g)", "lstm.g"},
                                                       {"o = σ(z_o + u_o)", "lstm.o"},
                                                       {"c = f ∘ c′ + i ∘ g", "lstm.c"},
                                                       {"h = o ∘ tanh c", "lstm.h"}}};
    static constexpr std::array<cell_formula, 7> said_backward{{{"dh = dy + dz Uᵀ", "lstm.dh"},
                                                                {"dz_o = dh ∘ tanh c ∘ o ∘ (1 − o)", "lstm.do"},
                                                                {"dc = dc′ + dh ∘ o ∘ (1 − tanh² c)", "lstm.dc"},
                                                                {"dz_i = dc ∘ g ∘ i ∘ (1 − i)", "lstm.di"},
                                                                {"dz_f = dc ∘ c′ ∘ f ∘ (1 − f)", "lstm.df"},
                                                                {"dz_g = dc ∘ i ∘ (1 − g²)", "lstm.dg"},
                                                                {"dc′ = dc ∘ f", "lstm.dc_before"}}};
    static constexpr cell_words words() { return {said, said_backward}; }
    template <class T>
    using state = lstm_state<T>;
    double forget_bias = 1;

    /// The step of one unit; Z is a number or a SIMD register. i, f, g, o hold z on entry and the gates on return.
    template <class Z>
    static void forward(Z& i, Z& f, Z& g, Z& o, const Z& u_i, const Z& u_f, const Z& u_g, const Z& u_o, const Z& c_before, Z& c,
                        Z& tanh_c, Z& h) {
        i = sigmoid::value(i + u_i);                   // i = σ(z_i + u_i)
        f = sigmoid::value(f + u_f);                   // f = σ(z_f + u_f)
        g = tanh::value(g + u_g);                      // g = tanh(z_g + u_g)
        o = sigmoid::value(o + u_o);                   // o = σ(z_o + u_o)
        c = f * c_before + i * g;                      // c = f ∘ c′ + i ∘ g
        tanh_c = tanh::value(c);
        h = o * tanh_c;                                // h = o ∘ tanh c
    }
    /// Its backward. dc is that of the next step on entry and dc′ on return; dh is set to 0.
    template <class Z>
    static void backward(Z& dz_i, Z& dz_f, Z& dz_g, Z& dz_o, Z& dh, Z& dc, const Z& i, const Z& f, const Z& g, const Z& o,
                         const Z& c_before, const Z& tanh_c) {
        dz_o = dh * tanh_c * sigmoid::derivative(o);   // dz_o = dh ∘ tanh c ∘ o ∘ (1 − o)
        dc = dc + dh * o * tanh::derivative(tanh_c);   // dc ← dc + dh ∘ o ∘ (1 − tanh² c)
        dz_i = dc * g * sigmoid::derivative(i);        // dz_i = dc ∘ g ∘ i ∘ (1 − i)
        dz_f = dc * c_before * sigmoid::derivative(f); // dz_f = dc ∘ c′ ∘ f ∘ (1 − f)
        dz_g = dc * i * tanh::derivative(g);           // dz_g = dc ∘ i ∘ (1 − g²)
        dc = dc * f;                                   // dc′ = dc ∘ f
        dh = 0 * dh;                                   // dh′ = dz Uᵀ is added later
    }

    template <class T>
    void forward(const recurrent_parameters<T>&, const recurrent::step<T>& s) const {
        using recurrent::side_by_side;
        const std::size_t H = s.units;
        s.recur(s.h, 0, 0, gates);                                                        // u = h′U
        s.each_row([&](std::size_t n) {
            const auto [i, f, g, o] = side_by_side<4>(s.z[n], H);
            const auto [u_i, u_f, u_g, u_o] = side_by_side<4>(recurrent::in(s.u[n]), H);
            const auto [c, tanh_c] = side_by_side<2>(s.kept[n], H);
            kernels::update(H, [](auto&... v) { forward(v...); }, i, f, g, o, u_i, u_f, u_g, u_o, s.c_before[n], c, tanh_c,
                            s.y[n]);
        });
    }
    template <class T>
    void backward(const recurrent_parameters<T>&, recurrent_parameters<T>&, const recurrent::step<T>& s) const {
        using recurrent::in, recurrent::side_by_side;
        const std::size_t H = s.units;
        s.each_row([&](std::size_t n) {
            const auto [dz_i, dz_f, dz_g, dz_o] = side_by_side<4>(s.du[n], H);
            const auto [i, f, g, o] = side_by_side<4>(in(s.z[n]), H);
            const auto [c, tanh_c] = side_by_side<2>(in(s.kept[n]), H);
            kernels::update(H, [](auto&... v) { backward(v...); }, dz_i, dz_f, dz_g, dz_o, s.dh[n], s.dc[n], i, f, g, o,
                            s.c_before[n], tanh_c);
        });
        s.recur_back(s.dh, 0, 0, gates);                                                  // dh′ = dz Uᵀ
    }

    /// \throws shape_error if forget_bias is NaN or infinite
    template <class Theta>
    void begin(Theta& theta, std::size_t units) const {
        if (!std::isfinite(forget_bias)) throw shape_error(name, {"needs a finite forget_bias, got ", forget_bias});
        std::fill_n(theta.b.data() + units, units, static_cast<scalar_of<decltype(theta.b)>>(forget_bias));
    }
};

/// θ of an LSTM with peepholes; the rows of P (3, H) are p_i, p_f and p_o.
template <class T>
struct peephole_parameters : recurrent_parameters<T> {
    tensor<T, 2> P;
    static void each(auto&& f, auto&... p) { recurrent_parameters<T>::each(f, p...), f("P", p.P...); }
};

/// The LSTM with peephole connections from the cell to the gates: c′ to i and f, the new c to o.
///   i = σ(z_i + u_i + p_i ∘ c′)     f = σ(z_f + u_f + p_f ∘ c′)                    [peephole_lstm.i] [peephole_lstm.f]
///   o = σ(z_o + u_o + p_o ∘ c)                                                                       [peephole_lstm.o]
/// The other formulas are those of lstm_cell. Backward, after dz_o:
///   dc ← dc + dh ∘ o ∘ (1 − tanh² c) + dz_o ∘ p_o                                                   [peephole_lstm.dc]
///   dc′ = dc ∘ f + dz_i ∘ p_i + dz_f ∘ p_f                                                   [peephole_lstm.dc_before]
///   dp_i = Σ dz_i ∘ c′     dp_f = Σ dz_f ∘ c′     dp_o = Σ dz_o ∘ c                                 [peephole_lstm.dP]
/// Source: Gers and Schmidhuber, "Recurrent nets that time and count" (2000).
struct peephole_lstm_cell : lstm_cell {
    static constexpr std::string_view name = "peephole_lstm";
    static constexpr std::array<cell_formula, 6> said{{{"i = σ(z_i + u_i + p_i ∘ c′)", "peephole_lstm.i"},
                                                       {"f = σ(z_f + u_f + p_f ∘ c′)", "peephole_lstm.f"},
                                                       {"g = tanh(z_g + u_g)", "lstm.g"},
                                                       {"c = f ∘ c′ + i ∘ g", "lstm.c"},
                                                       {"o = σ(z_o + u_o + p_o ∘ c)", "peephole_lstm.o"},
                                                       {"h = o ∘ tanh c", "lstm.h"}}};
    static constexpr auto said_backward = [] {
        auto all = lstm_cell::said_backward;
        all[2] = {"dc = dc′ + dh ∘ o ∘ (1 − tanh² c) + dz_o ∘ p_o", "peephole_lstm.dc"};
        all[6] = {"dc′ = dc ∘ f + dz_i ∘ p_i + dz_f ∘ p_f", "peephole_lstm.dc_before"};
        return all;
    }();
    static constexpr std::array<std::string_view, 3> own{"p_i", "p_f", "p_o"};
    static constexpr std::array<cell_sum, 3> own_gradient{{{"dp_i = Σ dz_i ∘ c′", "dz_i", "c′"},
                                                           {"dp_f = Σ dz_f ∘ c′", "dz_f", "c′"},
                                                           {"dp_o = Σ dz_o ∘ c", "dz_o", "c"}}};
    static constexpr cell_words words() {
        return {.forward = said, .backward = said_backward, .own = own, .own_gradient = own_gradient, .own_id = "peephole_lstm.dP"};
    }
    template <class T>
    using parameters = peephole_parameters<T>;

    template <class Z>
    static void forward(Z& i, Z& f, Z& g, Z& o, const Z& u_i, const Z& u_f, const Z& u_g, const Z& u_o, const Z& c_before, Z& c,
                        Z& tanh_c, Z& h, const Z& p_i, const Z& p_f, const Z& p_o) {
        i = sigmoid::value(i + u_i + p_i * c_before);  // i = σ(z_i + u_i + p_i ∘ c′)
        f = sigmoid::value(f + u_f + p_f * c_before);  // f = σ(z_f + u_f + p_f ∘ c′)
        g = tanh::value(g + u_g);                      // g = tanh(z_g + u_g)
        c = f * c_before + i * g;                      // c = f ∘ c′ + i ∘ g
        o = sigmoid::value(o + u_o + p_o * c);         // o = σ(z_o + u_o + p_o ∘ c)
        tanh_c = tanh::value(c);
        h = o * tanh_c;                                // h = o ∘ tanh c
    }
    template <class Z>
    static void backward(Z& dz_i, Z& dz_f, Z& dz_g, Z& dz_o, Z& dh, Z& dc, Z& dp_i, Z& dp_f, Z& dp_o, const Z& i, const Z& f,
                         const Z& g, const Z& o, const Z& c_before, const Z& c, const Z& tanh_c, const Z& p_i, const Z& p_f,
                         const Z& p_o) {
        dz_o = dh * tanh_c * sigmoid::derivative(o);                    // dz_o = dh ∘ tanh c ∘ o ∘ (1 − o)
        dc = dc + dh * o * tanh::derivative(tanh_c) + dz_o * p_o;       // dc ← dc + dh ∘ o ∘ (1 − tanh² c) + dz_o ∘ p_o
        dz_i = dc * g * sigmoid::derivative(i);                         // dz_i = dc ∘ g ∘ i ∘ (1 − i)
        dz_f = dc * c_before * sigmoid::derivative(f);                  // dz_f = dc ∘ c′ ∘ f ∘ (1 − f)
        dz_g = dc * i * tanh::derivative(g);                            // dz_g = dc ∘ i ∘ (1 − g²)
        dc = dc * f + dz_i * p_i + dz_f * p_f;                          // dc′ = dc ∘ f + dz_i ∘ p_i + dz_f ∘ p_f
        dh = 0 * dh;                                                    // dh′ = dz Uᵀ is added later
        dp_i = dp_i + dz_i * c_before;                                  // dp_i = Σ dz_i ∘ c′
        dp_f = dp_f + dz_f * c_before;                                  // dp_f = Σ dz_f ∘ c′
        dp_o = dp_o + dz_o * c;                                         // dp_o = Σ dz_o ∘ c
    }

    template <class T>
    void forward(const peephole_parameters<T>& theta, const recurrent::step<T>& s) const {
        using recurrent::side_by_side;
        const std::size_t H = s.units;
        s.recur(s.h, 0, 0, gates);                                                        // u = h′U
        s.each_row([&](std::size_t n) {
            const auto [p_i, p_f, p_o] = side_by_side<3>(theta.P.data(), H);
            const auto [i, f, g, o] = side_by_side<4>(s.z[n], H);
            const auto [u_i, u_f, u_g, u_o] = side_by_side<4>(recurrent::in(s.u[n]), H);
            const auto [c, tanh_c] = side_by_side<2>(s.kept[n], H);
            kernels::update(H, [](auto&... v) { forward(v...); }, i, f, g, o, u_i, u_f, u_g, u_o, s.c_before[n], c, tanh_c,
                            s.y[n], p_i, p_f, p_o);
        });
    }
    template <class T>
    void backward(const peephole_parameters<T>& theta, peephole_parameters<T>& grad, const recurrent::step<T>& s) const {
        using recurrent::in, recurrent::side_by_side;
        const std::size_t H = s.units;
        s.each_row([&](std::size_t n) {
            const auto [dp_i, dp_f, dp_o] = side_by_side<3>(grad.P.data(), H);
            const auto [p_i, p_f, p_o] = side_by_side<3>(theta.P.data(), H);
            const auto [dz_i, dz_f, dz_g, dz_o] = side_by_side<4>(s.du[n], H);
            const auto [i, f, g, o] = side_by_side<4>(in(s.z[n]), H);
            const auto [c, tanh_c] = side_by_side<2>(in(s.kept[n]), H);
            kernels::update(H, [](auto&... v) { backward(v...); }, dz_i, dz_f, dz_g, dz_o, s.dh[n], s.dc[n], dp_i, dp_f, dp_o,
                            i, f, g, o, s.c_before[n], c, tanh_c, p_i, p_f, p_o);
        });
        s.recur_back(s.dh, 0, 0, gates);                                                  // dh′ = dz Uᵀ
    }

    template <class T>
    void begin(peephole_parameters<T>& theta, std::size_t units) const {
        lstm_cell::begin(theta, units);
        reshape(theta.P, std::array{std::size_t{3}, units});
        theta.P.fill(T(0));
    }
    template <class T>
    void clear(peephole_parameters<T>& grad) const {
        grad.P.fill(T(0));
    }
};

/// `gr::lstm(28, 128)`, `gr::lstm<double>(28, 128, {.reverse = true})`: y (N, T, H) of x (N, T, D).
/// As in Keras, by default W is drawn by Glorot uniform, U is orthogonal, and b = 0 except b_f.
template <class T = float>
[[nodiscard]] auto lstm(std::size_t in, std::size_t units, lstm_options o = {}, initializer init = glorot_uniform{},
                        initializer recurrent_init = orthogonal{}) {
    return fused::drawn(recurrent_layer<T, lstm_cell>(in, units, lstm_cell{{}, o.forget_bias}, {o.reverse, o.truncate}, std::move(init),
                                                      std::move(recurrent_init)));
}
/// The same with peepholes, which are initially 0.
template <class T = float>
[[nodiscard]] auto peephole_lstm(std::size_t in, std::size_t units, lstm_options o = {}, initializer init = glorot_uniform{},
                                 initializer recurrent_init = orthogonal{}) {
    return fused::drawn(recurrent_layer<T, peephole_lstm_cell>(in, units, peephole_lstm_cell{{{}, o.forget_bias}},
                                                               {o.reverse, o.truncate}, std::move(init), std::move(recurrent_init)));
}

GRADUS_RECURRENT(lstm_cell)
GRADUS_RECURRENT(peephole_lstm_cell)

}  // namespace gradus
