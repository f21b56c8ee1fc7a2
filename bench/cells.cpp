// The cost of one time step of a recurrent layer: the product with U, which is packed once for all steps, and the loop
// over the gates.
#include <algorithm>
#include <string>
#include <utility>

#include "gradus/kernels/product/packed.hpp"
#include "jobs.hpp"

using namespace bench;

namespace {

struct state_product : product {
    kernels::packed<float> packed;

    explicit state_product(const product_sizes& s) : product(s) { packed.prepare(b(), 28, s.m); }
    const matrix& fast() { return packed.product(a(), 0.0f, kernels::as_matrix(C)), C; }
    const matrix& builtin() {
        return kernels::builtin::product<float>(1, a(), b(), 0, C.data(), C.shape()[1], kernels::as_matrix(C)), C;
    }
#if GRADUS_USE_BLAS
    const matrix& blas() { return kernels::blas::product<float>(1, a(), b(), 0, kernels::as_matrix(C)), C; }
#endif
};

/// N rows of H units, and a formula on them: its work is given as operations and values per row and unit.
struct cell_sizes {
    std::size_t batch, units;

    std::string name(const std::string& what) const {
        return "gates/" + what + "/" + std::to_string(batch) + "x" + std::to_string(units);
    }
    bench::work work(double operations, double numbers) const {
        const auto all = static_cast<double>(units * batch);
        return {.flops = operations * all, .bytes = sizeof(float) * numbers * all};
    }
};

/// The data that cells read and write: gates side by side, as in the layers.
struct gates {
    std::size_t H;
    matrix z, u, h_before, c_before, c, tanh_c, h, dz, dc, dh;
    vector b_q;

    explicit gates(const cell_sizes& s)
        : H(s.units),
          z(drawn<matrix>({s.batch, 4 * H}, 1)),
          u(drawn<matrix>({s.batch, 4 * H}, 2)),
          h_before(drawn<matrix>({s.batch, H}, 3)),
          c_before(drawn<matrix>({s.batch, H}, 4)),
          c(c_before),
          tanh_c(c_before),
          h(h_before),
          dz(z),
          dc(drawn<matrix>({s.batch, H}, 5)),
          dh(drawn<matrix>({s.batch, H}, 6)),
          b_q(drawn<vector>({H}, 7)) {
        // The gate that keeps the state is 1: a gradient that shrinks with every call would become denormal, and slow.
        for (std::size_t n = 0; n < s.batch; ++n) std::fill_n(&z(n, H), H, 1.0f);
    }
};

// Each pass calls update(formula, pointers...) for each row; pointers to non-const are written.
struct lstm_forward : gates {
    using gates::gates;
    static constexpr double operations = 22, numbers = 16;
    const matrix& pass(auto update) {
        for (std::size_t n = 0; n < h.shape()[0]; ++n) {
            float* const i = &z(n, 0);
            const float* const r = &u(n, 0);
            update([](auto&... v) { gr::lstm_cell::forward(v...); }, i, i + H, i + 2 * H, i + 3 * H, r, r + H,
                   r + 2 * H, r + 3 * H, &std::as_const(c_before)(n, 0), &c(n, 0), &tanh_c(n, 0), &h(n, 0));
        }
        return h;
    }
};
struct lstm_backward : gates {
    using gates::gates;
    static constexpr double operations = 22, numbers = 14;
    const matrix& pass(auto update) {
        for (std::size_t n = 0; n < h.shape()[0]; ++n) {
            float* const d = &dz(n, 0);
            const float* const i = &std::as_const(z)(n, 0);
            update([](auto&... v) { gr::lstm_cell::backward(v...); }, d, d + H, d + 2 * H, d + 3 * H, &dh(n, 0),
                   &dc(n, 0), i, i + H, i + 2 * H, i + 3 * H, &std::as_const(c_before)(n, 0),
                   &std::as_const(tanh_c)(n, 0));
        }
        return dz;
    }
};
struct gru_forward : gates {
    using gates::gates;
    static constexpr double operations = 18, numbers = 12;
    const matrix& pass(auto update) {
        for (std::size_t n = 0; n < h.shape()[0]; ++n) {
            float* const r = &z(n, 0);
            const float* const v = &u(n, 0);
            update([](auto&... w) { gr::gru_cell::forward(w...); }, r, r + H, r + 2 * H, &c(n, 0), &h(n, 0), v, v + H,
                   v + 2 * H, &std::as_const(b_q)(0), &std::as_const(h_before)(n, 0));
        }
        return h;
    }
};
struct gru_backward : gates {
    using gates::gates;
    static constexpr double operations = 16, numbers = 11;
    const matrix& pass(auto update) {
        for (std::size_t n = 0; n < h.shape()[0]; ++n) {
            float* const d = &dz(n, 0);
            const float* const r = &std::as_const(z)(n, 0);
            update([](auto&... w) { gr::gru_cell::backward(w...); }, d, d + H, d + 2 * H, d + 3 * H, &dh(n, 0), r,
                   r + H, r + 2 * H, &std::as_const(c)(n, 0), &std::as_const(h_before)(n, 0));
        }
        return dz;
    }
};

/// A pass over registers; its reference implementation processes one unit at a time.
template <class Pass>
struct cell : Pass {
    using Pass::Pass;
    const matrix& fast() {
        return this->pass([this](auto formula, auto... p) { kernels::update(this->H, formula, p...); });
    }
    const matrix& twin() {
        return this->pass([this](auto formula, auto... p) {
            for (std::size_t i = 0; i < this->H; ++i) formula(p[i]...);
        });
    }
};

template <class Pass>
void add_cell(const std::string& what) {
    for (const cell_sizes& s : {cell_sizes{32, 128}, cell_sizes{128, 512}})
        add_both<cell<Pass>>(s.name(what), s.work(Pass::operations, Pass::numbers), s);
}

}  // namespace

int main(int argc, char** argv) {
    // h U and dz Uᵀ
    for (const product_sizes& s : {product_sizes{"NN", 1, 128, 512},
                                   {"NN", 32, 128, 128},
                                   {"NN", 32, 128, 384},
                                   {"NN", 32, 128, 512},
                                   {"NT", 32, 512, 128},
                                   {"NN", 8, 512, 2048},
                                   {"NT", 8, 2048, 512},
                                   {"NN", 128, 512, 2048}}) {
        const std::string name = "state_" + s.name();
        add<state_product>(name, s.work(), &state_product::fast, s);
        add<state_product>(name + "/not_packed", s.work(), &state_product::builtin, s);
#if GRADUS_USE_BLAS
        add<state_product>(name + "/blas", s.work(), &state_product::blas, s);
#endif
    }
    add_cell<lstm_forward>("lstm_forward");
    add_cell<lstm_backward>("lstm_backward");
    add_cell<gru_forward>("gru_forward");
    add_cell<gru_backward>("gru_backward");
    return bench::run(argc, argv);
}
