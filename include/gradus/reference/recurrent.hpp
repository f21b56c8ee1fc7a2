#pragma once
/// \file
/// Recurrent layers in textbook form: one row, one time step, one gate at a time.
///
/// θ is any struct with W (D, G·H), U (H, G·H), b (G·H) and a cell's other parameters; ∂J/∂θ has the same type.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "gradus/activations/activation.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// One number for each unit, or for each feature.
template <class T>
using row = std::vector<T>;

template <class T>
[[nodiscard]] T logistic(T z) {
    return 1 / (1 + std::exp(-z));
}

/// z += a M_g: gate g has the columns g H ... g H + H − 1.
template <class T>
void add_product(const row<T>& a, const tensor<T, 2>& M, std::size_t g, row<T>& z) {
    for (std::size_t k = 0; k < a.size(); ++k)
        for (std::size_t j = 0; j < z.size(); ++j) z[j] += a[k] * M(k, g * z.size() + j);
}
/// da += dz M_gᵀ,  dM_g += aᵀ dz
template <class T>
void add_product_backward(const row<T>& a, const tensor<T, 2>& M, std::size_t g, const row<T>& dz, row<T>& da,
                          tensor<T, 2>& dM) {
    for (std::size_t k = 0; k < a.size(); ++k)
        for (std::size_t j = 0; j < dz.size(); ++j) {
            da[k] += dz[j] * M(k, g * dz.size() + j);
            dM(k, g * dz.size() + j) += a[k] * dz[j];
        }
}
/// z_g = x W_g + h U_g + b_g
template <class Theta, class T>
[[nodiscard]] row<T> gate_input(const Theta& theta, std::size_t g, const row<T>& x, const row<T>& h) {
    row<T> z(h.size());
    for (std::size_t j = 0; j < z.size(); ++j) z[j] = theta.b(g * z.size() + j);
    add_product(x, theta.W, g, z);
    add_product(h, theta.U, g, z);
    return z;
}
/// dW_g += xᵀ dz,  dU_g += hᵀ dz,  db_g += dz,  dx += dz W_gᵀ,  dh += dz U_gᵀ
template <class Theta, class T>
void gate_input_backward(const Theta& theta, std::size_t g, const row<T>& x, const row<T>& h, const row<T>& dz, row<T>& dx,
                         row<T>& dh, Theta& grad) {
    add_product_backward(x, theta.W, g, dz, dx, grad.W);
    add_product_backward(h, theta.U, g, dz, dh, grad.U);
    for (std::size_t j = 0; j < dz.size(); ++j) grad.b(g * dz.size() + j) += dz[j];
}

/// State of a row between two steps; only an LSTM has c.
template <class T>
struct row_state {
    row<T> h, c;
};

/// h' = f(x W + h U + b).                                                                                       [rnn.h]
template <class T, class Theta, element_activation F>
struct rnn_cell {
    using scalar = T;
    using parameters = Theta;
    struct step {
        row<T> x, z;
        row_state<T> before, after;
    };
    Theta theta;
    F f;

    [[nodiscard]] step forward(const row<T>& x, const row_state<T>& s) const {
        step a{x, gate_input(theta, 0, x, s.h), s, s};
        for (std::size_t j = 0; j < a.z.size(); ++j) a.after.h[j] = f.value(a.z[j]);
        return a;
    }
    /// From ∂J/∂h' to ∂J/∂h; adds to dx and ∂J/∂θ.
    [[nodiscard]] row_state<T> backward(const step& a, const row_state<T>& d, row<T>& dx, Theta& grad) const {
        row<T> dz(d.h.size()), dh(d.h.size());
        for (std::size_t j = 0; j < dz.size(); ++j)
            dz[j] = d.h[j] * f.derivative(F::backward_reads == reads::z ? a.z[j] : a.after.h[j]);
        gate_input_backward(theta, 0, a.x, a.before.h, dz, dx, dh, grad);
        return {dh, {}};
    }
};

/// i = σ(z_i + p_i c)     f = σ(z_f + p_f c)      g = tanh(z_g)                              [lstm.i] [lstm.f] [lstm.g]
/// c' = f c + i g         o = σ(z_o + p_o c')     h' = o tanh(c')                            [lstm.c] [lstm.o] [lstm.h]
/// p: the rows of P, if θ has peepholes.                [peephole_lstm.i] [peephole_lstm.f] [peephole_lstm.o]
template <class T, class Theta>
struct lstm_cell {
    using scalar = T;
    using parameters = Theta;
    static constexpr bool peepholes = requires(const Theta& t) { t.P; };
    struct step {
        row<T> x, i, f, g, o;
        row_state<T> before, after;
    };
    Theta theta;

    [[nodiscard]] T p(std::size_t gate, std::size_t j) const {
        if constexpr (peepholes)
            return theta.P(gate, j);
        else
            return 0;
    }
    [[nodiscard]] step forward(const row<T>& x, const row_state<T>& s) const {
        const auto z = [&](std::size_t gate) { return gate_input(theta, gate, x, s.h); };
        step a{x, z(0), z(1), z(2), z(3), s, s};
        for (std::size_t j = 0; j < s.h.size(); ++j) {
            const T c = s.c[j];
            T& c_new = a.after.c[j];
            a.i[j] = logistic(a.i[j] + p(0, j) * c);
            a.f[j] = logistic(a.f[j] + p(1, j) * c);
            a.g[j] = std::tanh(a.g[j]);
            c_new = a.f[j] * c + a.i[j] * a.g[j];
            a.o[j] = logistic(a.o[j] + p(2, j) * c_new);
            a.after.h[j] = a.o[j] * std::tanh(c_new);
        }
        return a;
    }
    /// From ∂J/∂h' and ∂J/∂c' to ∂J/∂h and ∂J/∂c; adds to dx and ∂J/∂θ.
    [[nodiscard]] row_state<T> backward(const step& a, const row_state<T>& d, row<T>& dx, Theta& grad) const {
        const std::size_t H = d.h.size();
        row<T> di(H), df(H), dg(H), dout(H), dh(H), dc(H);  // of the gates' pre-activations
        for (std::size_t j = 0; j < H; ++j) {
            const T i = a.i[j], f = a.f[j], g = a.g[j], o = a.o[j], c = a.before.c[j], c_new = a.after.c[j],
                    t = std::tanh(c_new);
            dout[j] = d.h[j] * t * o * (1 - o);
            const T dc_new = d.c[j] + d.h[j] * o * (1 - t * t) + dout[j] * p(2, j);
            di[j] = dc_new * g * i * (1 - i);
            df[j] = dc_new * c * f * (1 - f);
            dg[j] = dc_new * i * (1 - g * g);
            dc[j] = dc_new * f + di[j] * p(0, j) + df[j] * p(1, j);
            if constexpr (peepholes) grad.P(0, j) += di[j] * c, grad.P(1, j) += df[j] * c, grad.P(2, j) += dout[j] * c_new;
        }
        gate_input_backward(theta, 0, a.x, a.before.h, di, dx, dh, grad);
        gate_input_backward(theta, 1, a.x, a.before.h, df, dx, dh, grad);
        gate_input_backward(theta, 2, a.x, a.before.h, dg, dx, dh, grad);
        gate_input_backward(theta, 3, a.x, a.before.h, dout, dx, dh, grad);
        return {dh, dc};
    }
};

/// r = σ(z_r)     z = σ(z_z)     q = h U_n + b_q     n = tanh(x W_n + b_n + r q)        [gru.r] [gru.z] [gru.q] [gru.n]
/// h' = (1 − z) n + z h                                                                                         [gru.h]
/// or, if θ has no b_q:     s = r h             n = tanh(x W_n + b_n + s U_n) [gru_reset_before.s] [gru_reset_before.n]
template <class T, class Theta>
struct gru_cell {
    using scalar = T;
    using parameters = Theta;
    static constexpr bool reset_after = requires(const Theta& t) { t.b_q; };
    struct step {
        row<T> x, r, z, q, n;
        row_state<T> before, after;
    };
    Theta theta;

    [[nodiscard]] step forward(const row<T>& x, const row_state<T>& s) const {
        const std::size_t H = s.h.size();
        step a{x, gate_input(theta, 0, x, s.h), gate_input(theta, 1, x, s.h), row<T>(H), row<T>(H), s, s};
        row<T> reset(H);  // r h
        for (std::size_t j = 0; j < H; ++j) {
            a.r[j] = logistic(a.r[j]), a.z[j] = logistic(a.z[j]);
            a.n[j] = theta.b(2 * H + j);
            reset[j] = a.r[j] * s.h[j];
        }
        add_product(x, theta.W, 2, a.n);
        if constexpr (reset_after) {
            for (std::size_t j = 0; j < H; ++j) a.q[j] = theta.b_q(j);
            add_product(s.h, theta.U, 2, a.q);
            for (std::size_t j = 0; j < H; ++j) a.n[j] += a.r[j] * a.q[j];
        } else {
            add_product(reset, theta.U, 2, a.n);
        }
        for (std::size_t j = 0; j < H; ++j) {
            a.n[j] = std::tanh(a.n[j]);
            a.after.h[j] = (1 - a.z[j]) * a.n[j] + a.z[j] * s.h[j];
        }
        return a;
    }
    /// From ∂J/∂h' to ∂J/∂h; adds to dx and ∂J/∂θ.
    [[nodiscard]] row_state<T> backward(const step& a, const row_state<T>& d, row<T>& dx, Theta& grad) const {
        const std::size_t H = d.h.size();
        const row<T>& h = a.before.h;
        row<T> dr(H), dz(H), dn(H), dh(H), dq(H), reset(H), dreset(H);  // dr, dz, dn: of the gates' pre-activations
        for (std::size_t j = 0; j < H; ++j) {
            dz[j] = d.h[j] * (h[j] - a.n[j]) * a.z[j] * (1 - a.z[j]);
            dn[j] = d.h[j] * (1 - a.z[j]) * (1 - a.n[j] * a.n[j]);
            dh[j] = d.h[j] * a.z[j];
            dq[j] = dn[j] * a.r[j];
            reset[j] = a.r[j] * h[j];
            grad.b(2 * H + j) += dn[j];
        }
        add_product_backward(a.x, theta.W, 2, dn, dx, grad.W);
        if constexpr (reset_after) {
            add_product_backward(h, theta.U, 2, dq, dh, grad.U);
            for (std::size_t j = 0; j < H; ++j) grad.b_q(j) += dq[j];
            for (std::size_t j = 0; j < H; ++j) dr[j] = dn[j] * a.q[j] * a.r[j] * (1 - a.r[j]);
        } else {
            add_product_backward(reset, theta.U, 2, dn, dreset, grad.U);
            for (std::size_t j = 0; j < H; ++j) dh[j] += dreset[j] * a.r[j];
            for (std::size_t j = 0; j < H; ++j) dr[j] = dreset[j] * h[j] * a.r[j] * (1 - a.r[j]);
        }
        gate_input_backward(theta, 0, a.x, h, dr, dx, dh, grad);
        gate_input_backward(theta, 1, a.x, h, dz, dx, dh, grad);
        return {dh, {}};
    }
};

/// Options of time, as in the layers. mask (N, T); empty: every step counts.
struct time_options {
    tensor<bool, 2> mask = {};
    bool reverse = false;
    std::size_t truncate = 0;
};

/// Runs a cell step by step, each row by itself. At a masked step the state stays the same, and y repeats it.
/// States are (N, H); an empty one is zeros.                                                        [recurrent.forward]
template <class Cell>
struct through_time {
    using T = typename Cell::scalar;
    using matrix = tensor<T, 2>;
    using Theta = typename Cell::parameters;

    Cell cell;
    time_options options;
    std::vector<std::vector<typename Cell::step>> steps;  // of each row, in time order, without masked steps
    tensor<T, 3> y;
    matrix h, c;  // after the last step

    through_time(Cell cell_, const tensor<T, 3>& x, time_options o = {}, const matrix& h_0 = {}, const matrix& c_0 = {})
        : cell(std::move(cell_)),
          options(std::move(o)), steps(x.shape()[0]), h({x.shape()[0], cell.theta.U.shape()[0]}, T(0)), c(h) {
        const std::size_t N = x.shape()[0], last = x.shape()[1], D = x.shape()[2], H = h.shape()[1];
        y = tensor<T, 3>({N, last, H}, T(0));
        for (std::size_t n = 0; n < N; ++n) {
            row_state<T> s{row_of(h_0, n, H), row_of(c_0, n, H)};
            for (std::size_t i = 0; i < last; ++i) {
                const std::size_t t = options.reverse ? last - 1 - i : i;
                if (goes_on(n, t)) {
                    steps[n].push_back(cell.forward(row<T>(&x(n, t, 0), &x(n, t, 0) + D), s));
                    s = steps[n].back().after;
                }
                std::copy(s.h.begin(), s.h.end(), &y(n, t, 0));
            }
            std::copy(s.h.begin(), s.h.end(), &h(n, 0)), std::copy(s.c.begin(), s.c.end(), &c(n, 0));
        }
    }

    struct gradient {
        tensor<T, 3> dx;
        matrix dh, dc;  // of the state before the first step
        Theta theta;
    };
    /// dh, dc: of the state after the last step; empty: zeros. Truncated: no gradient passes from a step whose number
    /// in time order is a multiple of `truncate` to the previous one.
    [[nodiscard]] gradient backward(const tensor<T, 3>& x, const tensor<T, 3>& dy, const matrix& dh = {},
                                    const matrix& dc = {}) const {
        const std::size_t N = x.shape()[0], last = x.shape()[1], D = x.shape()[2], H = h.shape()[1];
        gradient out{tensor<T, 3>(x.shape(), T(0)), matrix(h.shape(), T(0)), matrix(h.shape(), T(0)), cell.theta};
        out.theta.each([](const auto&, auto& grad) { grad.fill(T(0)); }, out.theta);
        for (std::size_t n = 0; n < N; ++n) {
            row_state<T> d{row_of(dh, n, H), row_of(dc, n, H)};
            auto step = steps[n].rbegin();
            for (std::size_t i = last; i-- > 0;) {
                const std::size_t t = options.reverse ? last - 1 - i : i;
                for (std::size_t j = 0; j < H; ++j) d.h[j] += dy(n, t, j);
                if (goes_on(n, t)) {
                    row<T> dx(D);
                    d = cell.backward(*step++, d, dx, out.theta);
                    std::copy(dx.begin(), dx.end(), &out.dx(n, t, 0));
                }
                if (options.truncate != 0 && i != 0 && i % options.truncate == 0) d = {row<T>(H), row<T>(H)};
            }
            std::copy(d.h.begin(), d.h.end(), &out.dh(n, 0)), std::copy(d.c.begin(), d.c.end(), &out.dc(n, 0));
        }
        return out;
    }

  private:
    [[nodiscard]] bool goes_on(std::size_t n, std::size_t t) const { return options.mask.size() == 0 || options.mask(n, t); }
    [[nodiscard]] static row<T> row_of(const matrix& m, std::size_t n, std::size_t H) {
        return m.size() == 0 ? row<T>(H) : row<T>(&m(n, 0), &m(n, 0) + H);
    }
};

}  // namespace gradus::reference
