#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/layers/fused.hpp"
#include "gradus/layers/recurrent/recurrent.hpp"

namespace gradus {

/// θ of a GRU whose reset gate is applied after the product: b_q (H) is added to the product before the gate.
template <class T>
struct gru_parameters : recurrent_parameters<T> {
    tensor<T, 1> b_q;
    static void each(auto&& f, auto&... p) {
        recurrent_parameters<T>::each(f, p...), f(entry("b_q").without_decay(), p.b_q...);
    }
};

/// One time step of the gated recurrent unit (GRU), with the reset gate after the product: the default of PyTorch,
/// cuDNN and Keras. With z = xW + b (called x_r, x_z, x_n here) and u = h′U for each gate; h′ is the previous state:
///   r = σ(x_r + u_r)     z = σ(x_z + u_z)                                                              [gru.r] [gru.z]
///   q = u_n + b_q     n = tanh(x_n + r ∘ q)                                                            [gru.q] [gru.n]
///   h = (1 − z) ∘ n + z ∘ h′                                                                                   [gru.h]
/// Backward, with dh = ∂J/∂h:
///   dz_n = dh ∘ (1 − z) ∘ (1 − n²)     dz_z = dh ∘ (h′ − n) ∘ z ∘ (1 − z)                            [gru.dn] [gru.dz]
///   dq = dz_n ∘ r     dz_r = dz_n ∘ q ∘ r ∘ (1 − r)     db_q = Σ dq                       [gru.dq] [gru.dr] [gru.db_q]
///   dh′ = dh ∘ z + (dz_r, dz_z, dq) Uᵀ                                                                        [gru.dh]
/// Source: documents/001, 3.4 (门机制, GRU). Cho et al. (2014), whose reset gate is before the product
/// (gru_reset_before_cell); this form: cuDNN. The order of the gates is PyTorch's, r z n; Keras has z r h.
struct gru_cell : recurrent::any_cell {
    static constexpr std::string_view name = "gru", formula = "h_t = (1 − z) ∘ tanh(x_t W_n + b_n + r ∘ (h_{t−1} U_n + b_q)) + z ∘ h_{t−1}";
    static constexpr std::size_t gates = 3, kept = 1;  // q
    static constexpr std::array<std::string_view, 3> gate_names{"r", "z", "n"};
    static constexpr std::array<std::string_view, 1> kept_names{"q"};
    static constexpr bool own_du = true;
    static constexpr std::array<cell_formula, 5> said{{{"r = σ(x_r + u_r)", "gru.r"},
                                                       {"z = σ(x_z + u_z)", "gru.z"},
                                                       {"q = u_n + b_q", "gru.q"},
                                                       {"n = tanh(x_n + r ∘ q)", "gru.n"},
                                                       {"h = (1 − z) ∘ n + z ∘ h′", "gru.h"}}};
    static constexpr std::array<cell_formula, 6> said_backward{{{"dh = dy + dh′ + du Uᵀ", "gru.dh"},
                                                                {"dz_n = dh ∘ (1 − z) ∘ (1 − n²)", "gru.dn"},
                                                                {"dz_z = dh ∘ (h′ − n) ∘ z ∘ (1 − z)", "gru.dz"},
                                                                {"dq = dz_n ∘ r", "gru.dq"},
                                                                {"dz_r = dz_n ∘ q ∘ r ∘ (1 − r)", "gru.dr"},
                                                                {"dh′ = dh ∘ z"}}};
    static constexpr std::array<std::string_view, 1> own{"b_q"};
    static constexpr std::array<cell_sum, 1> own_gradient{{{"db_q = Σₙₜ dq", "dq"}}};
    static constexpr cell_words words() {
        return {.forward = said, .backward = said_backward, .z = "x", .dq = "dq", .own = own, .own_gradient = own_gradient,
                .own_id = "gru.db_q"};
    }
    template <class T>
    using parameters = gru_parameters<T>;

    /// The step of one unit; Z is a number or a SIMD register. r, z, n hold xW + b on entry and the gates on return.
    template <class Z>
    static void forward(Z& r, Z& z, Z& n, Z& q, Z& h, const Z& u_r, const Z& u_z, const Z& u_n, const Z& b_q, const Z& h_before) {
        r = sigmoid::value(r + u_r);                       // r = σ(x_r + u_r)
        z = sigmoid::value(z + u_z);                       // z = σ(x_z + u_z)
        q = u_n + b_q;                                     // q = u_n + b_q
        n = tanh::value(n + r * q);                        // n = tanh(x_n + r ∘ q)
        h = (1 - z) * n + z * h_before;                    // h = (1 − z) ∘ n + z ∘ h′
    }
    /// Its backward. On return dh is dh ∘ z, the part of dh′ that needs no product.
    template <class Z>
    static void backward(Z& dz_r, Z& dz_z, Z& dq, Z& dz_n, Z& dh, const Z& r, const Z& z, const Z& n, const Z& q, const Z& h_before) {
        dz_n = dh * (1 - z) * tanh::derivative(n);         // dz_n = dh ∘ (1 − z) ∘ (1 − n²)
        dz_z = dh * (h_before - n) * sigmoid::derivative(z);  // dz_z = dh ∘ (h′ − n) ∘ z ∘ (1 − z)
        dq = dz_n * r;                                     // dq = dz_n ∘ r
        dz_r = dz_n * q * sigmoid::derivative(r);          // dz_r = dz_n ∘ q ∘ r ∘ (1 − r)
        dh = dh * z;
    }

    template <class T>
    void forward(const gru_parameters<T>& theta, const recurrent::step<T>& s) const {
        using recurrent::side_by_side;
        const std::size_t H = s.units;
        s.recur(s.h, 0, 0, gates);                                                        // u = h′U
        s.each_row([&](std::size_t n) {
            const auto [r, z, cand] = side_by_side<3>(s.z[n], H);
            const auto [u_r, u_z, u_n] = side_by_side<3>(recurrent::in(s.u[n]), H);
            kernels::update(H, [](auto&... v) { forward(v...); }, r, z, cand, s.kept[n], s.y[n], u_r, u_z, u_n,
                            theta.b_q.data(), s.h_before[n]);
        });
    }
    template <class T>
    void backward(const gru_parameters<T>&, gru_parameters<T>& grad, const recurrent::step<T>& s) const {
        using recurrent::side_by_side;
        const std::size_t H = s.units;
        s.each_row([&](std::size_t n) {
            const auto [du_r, du_z, dq] = side_by_side<3>(s.du[n], H);
            const auto [dz_r, dz_z, dz_n] = side_by_side<3>(s.dz[n], H);
            const auto [r, z, cand] = side_by_side<3>(recurrent::in(s.z[n]), H);
            kernels::update(H, [](auto&... v) { backward(v...); }, du_r, du_z, dq, dz_n, s.dh[n], r, z, cand,
                            recurrent::in(s.kept[n]), s.h_before[n]);
            std::copy_n(du_r, 2 * H, dz_r);                                               // dz_r, dz_z
            kernels::map(H, [](const auto& a, const auto& b) { return a + b; }, grad.b_q.data(), grad.b_q.data(), dq);
        });
        s.recur_back(s.dh, 0, 0, gates);                                                  // dh′ = dh ∘ z + du Uᵀ
    }

    template <class T>
    void begin(gru_parameters<T>& theta, std::size_t units) const {
        reshape(theta.b_q, std::array{units});
        theta.b_q.fill(T(0));
    }
    template <class T>
    void clear(gru_parameters<T>& grad) const {
        grad.b_q.fill(T(0));
    }
};

/// The gated recurrent unit as published, with the reset gate before the product: Keras with `reset_after=False`.
///   r = σ(x_r + u_r)     z = σ(x_z + u_z)                                    [gru_reset_before.r] [gru_reset_before.z]
///   s = r ∘ h′     n = tanh(x_n + s U_n)                                     [gru_reset_before.s] [gru_reset_before.n]
///   h = (1 − z) ∘ n + z ∘ h′                                                                      [gru_reset_before.h]
/// Backward: dz_n and dz_z as in gru_cell, then
///   ds = dz_n U_nᵀ     dz_r = ds ∘ h′ ∘ r ∘ (1 − r)                        [gru_reset_before.ds] [gru_reset_before.dr]
///   dh′ = dh ∘ z + ds ∘ r + (dz_r, dz_z) U_rzᵀ                                                   [gru_reset_before.dh]
/// A step has two matrix products, and the second depends on r; the form of gru_cell is faster.
/// Source: Cho et al., "Learning phrase representations using RNN encoder–decoder" (2014).
struct gru_reset_before_cell : recurrent::any_cell {
    static constexpr std::string_view name = "gru_reset_before",
                                      formula = "h_t = (1 − z) ∘ tanh(x_t W_n + b_n + (r ∘ h_{t−1}) U_n) + z ∘ h_{t−1}";
    static constexpr std::size_t gates = 3, kept = 1;  // s
    static constexpr std::array<std::string_view, 3> gate_names{"r", "z", "n"};
    static constexpr std::array<std::string_view, 1> kept_names{"s"};
    static constexpr bool whole_product = false;
    static constexpr std::array<cell_formula, 5> said{{{"r = σ(x_r + u_r)", "gru_reset_before.r"},
                                                       {"z = σ(x_z + u_z)", "gru_reset_before.z"},
                                                       {"s = r ∘ h′", "gru_reset_before.s"},
                                                       {"n = tanh(x_n + u_n)", "gru_reset_before.n"},
                                                       {"h = (1 − z) ∘ n + z ∘ h′", "gru_reset_before.h"}}};
    static constexpr std::array<cell_formula, 6> said_backward{{{"dh = dy + dh′ + dz Uᵀ", "gru_reset_before.dh"},
                                                                {"dz_n = dh ∘ (1 − z) ∘ (1 − n²)", "gru.dn"},
                                                                {"dz_z = dh ∘ (h′ − n) ∘ z ∘ (1 − z)", "gru.dz"},
                                                                {"ds = dz_n U_nᵀ", "gru_reset_before.ds"},
                                                                {"dz_r = ds ∘ h′ ∘ r ∘ (1 − r)", "gru_reset_before.dr"},
                                                                {"dh′ = dh ∘ z + ds ∘ r"}}};
    static constexpr cell_words words() { return {.forward = said, .backward = said_backward, .z = "x"}; }

    template <class T>
    void forward(const recurrent_parameters<T>&, const recurrent::step<T>& s) const {
        const std::size_t H = s.units;
        s.recur(s.h, 0, 0, 2);                                                            // u_r, u_z = h′ U_rz
        s.each_row([&](std::size_t n) {
            T* const gate = s.z[n];
            const T* const u = s.u[n];
            kernels::update(H, [](auto& r, auto& z, auto& rh, const auto& u_r, const auto& u_z, const auto& h_before) {
                r = sigmoid::value(r + u_r);                                              // r = σ(x_r + u_r)
                z = sigmoid::value(z + u_z);                                              // z = σ(x_z + u_z)
                rh = r * h_before;                                                        // s = r ∘ h′
            }, gate, gate + H, s.s[n], u, u + H, s.h_before[n]);
            std::copy_n(s.s[n], H, s.kept[n]);
        });
        s.each_missing([&](std::size_t n) { std::fill_n(s.s[n], H, T(0)), std::fill_n(s.kept[n], H, T(0)); });
        s.recur(s.s, 1, 2, 1);                                                            // u_n = s U_n
        s.each_row([&](std::size_t n) {
            T* const gate = s.z[n];
            kernels::update(H, [](auto& cand, auto& h, const auto& z, const auto& u_n, const auto& h_before) {
                cand = tanh::value(cand + u_n);                                           // n = tanh(x_n + s U_n)
                h = (1 - z) * cand + z * h_before;                                        // h = (1 − z) ∘ n + z ∘ h′
            }, gate + 2 * H, s.y[n], recurrent::in(gate + H), recurrent::in(s.u[n] + 2 * H), s.h_before[n]);
        });
    }
    template <class T>
    void backward(const recurrent_parameters<T>&, recurrent_parameters<T>&, const recurrent::step<T>& s) const {
        const std::size_t H = s.units;
        s.each_row([&](std::size_t n) {
            T* const dz = s.du[n];
            const T* const gate = s.z[n];
            kernels::update(H, [](auto& dz_z, auto& dz_n, auto& dh, const auto& z, const auto& cand, const auto& h_before) {
                dz_n = dh * (1 - z) * tanh::derivative(cand);                          // dz_n = dh ∘ (1 − z) ∘ (1 − n²)
                dz_z = dh * (h_before - cand) * sigmoid::derivative(z);            // dz_z = dh ∘ (h′ − n) ∘ z ∘ (1 − z)
                dh = dh * z;
            }, dz + H, dz + 2 * H, s.dh[n], gate + H, gate + 2 * H, s.h_before[n]);
        });
        s.recur_back(s.s, 1, 2, 1, T(0));                                                 // ds = dz_n U_nᵀ
        s.each_row([&](std::size_t n) {
            kernels::update(H, [](auto& dz_r, auto& dh, const auto& ds, const auto& r, const auto& h_before) {
                dz_r = ds * h_before * sigmoid::derivative(r);                           // dz_r = ds ∘ h′ ∘ r ∘ (1 − r)
                dh = dh + ds * r;
            }, s.du[n], s.dh[n], recurrent::in(s.s[n]), recurrent::in(s.z[n]), s.h_before[n]);
        });
        s.recur_back(s.dh, 0, 0, 2);                                       // dh′ = dh ∘ z + ds ∘ r + (dz_r, dz_z) U_rzᵀ
    }
};

/// `gr::gru(28, 128)`, `gr::gru<double>(28, 128, {.reverse = true})`: y (N, T, H) of x (N, T, D).
/// As in Keras, by default W is drawn by Glorot uniform, U is orthogonal, and the biases are 0.
template <class T = float>
[[nodiscard]] auto gru(std::size_t in, std::size_t units, recurrent_options options = {}, initializer init = glorot_uniform{},
                       initializer recurrent_init = orthogonal{}) {
    return fused::drawn(recurrent_layer<T, gru_cell>(in, units, {}, options, std::move(init), std::move(recurrent_init)));
}
/// The same with the reset gate before the product.
template <class T = float>
[[nodiscard]] auto gru_reset_before(std::size_t in, std::size_t units, recurrent_options options = {}, initializer init = glorot_uniform{},
                                    initializer recurrent_init = orthogonal{}) {
    return fused::drawn(recurrent_layer<T, gru_reset_before_cell>(in, units, {}, options, std::move(init), std::move(recurrent_init)));
}

GRADUS_RECURRENT(gru_cell)
GRADUS_RECURRENT(gru_reset_before_cell)

}  // namespace gradus
