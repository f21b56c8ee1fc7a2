// A recurrent cell: its state is given and returned as a value, so a long sequence may come in chunks; a mask in the pass
// says where the data of a row ends.
#include <doctest/doctest.h>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "xtensor.hpp"

namespace gr = gradus;

namespace {

template <class T>
struct sequence {
    gr::tensor<T, 3> x;   // (N, T, D)
    gr::tensor<T, 2> h0;  // (N, H)
    static void each(auto&& f, auto&... p) { f("x", p.x...), f("h0", p.h0...); }
};
template <class T>
struct states {
    gr::tensor<T, 3> y;   // (N, T, H)
    gr::tensor<T, 2> hT;  // (N, H)
    static void each(auto&& f, auto&... p) { f("y", p.y...), f("hT", p.hT...); }
};

/// h_t = tanh(x_t W + h_{t−1} U + b), and h_t = h_{t−1} where the mask says that there is no x_t.
///   x (N, T, D)   W (D, H)   U (H, H)   b (H)   h (N, H)
/// Backward, t = T, …, 1, with dh = ∂J/∂h_t:
///   dz = dh ∘ (1 − h_t²)     dW += x_tᵀ dz     dU += h_{t−1}ᵀ dz     db += Σ dz     dx_t = dz Wᵀ     dh_{t−1} = dz Uᵀ
template <class T = float>
struct recurrent {
    static constexpr std::string_view name = "recurrent";
    using input = sequence<T>;
    struct parameters {
        gr::tensor<T, 2> W, U;
        gr::tensor<T, 1> b;
        static void each(auto&& f, auto&... p) { f("W", p.W...), f("U", p.U...), f("b", p.b...); }
    };
    template <class X>
    struct cache {
        states<T> y;
        X dx;
        gr::tensor<T, 2> dh, dz;
    };
    parameters theta;
    std::uint64_t key = 0;

    recurrent(std::size_t D, std::size_t H) : theta{gr::tensor<T, 2>({D, H}), gr::tensor<T, 2>({H, H}), gr::tensor<T, 1>({H}, T(0))} {
        initialize(gr::default_seed());
    }
    void initialize(std::uint64_t k) {
        key = k;
        gr::draw(theta.W, gr::glorot_uniform{}, gr::random::mix(k, "W"), {theta.W.shape()[0], theta.W.shape()[1]});
        gr::draw(theta.U, gr::glorot_uniform{}, gr::random::mix(k, "U"), {theta.b.size(), theta.b.size()});
        gr::draw(theta.b, gr::normal{0, 0.1}, gr::random::mix(k, "b"), {});
    }

    template <class X>
    const states<T>& forward(const X& in, cache<X>& c, const gr::context& ctx) const {
        const auto& [W, U, b] = theta;
        auto& [y, hT] = c.y;
        gr::reshape(y, gr::with_features(in.x, b.size())), gr::reshape(hT, in.h0.shape());
        for (std::size_t t = 0; t < in.x.shape()[1]; ++t) {
            const auto h = at(y, t);
            const matrix before = t == 0 ? matrix(in.h0) : matrix(at(y, t - 1));
            gr::kernels::product_with_bias<T>(at(in.x, t), W, b.data(), h);                            // z = x_t W + b
            gr::kernels::product<T>(1, before, U, 1, h);                                               // z += h_{t−1} U
            for (std::size_t n = 0; n < h.rows; ++n)
                for (std::size_t i = 0; i < h.cols; ++i)
                    y(n, t, i) = there(ctx, n, t) ? std::tanh(y(n, t, i)) : before.data[n * before.stride + i];
        }
        for (std::size_t n = 0; n < hT.shape()[0]; ++n) std::copy_n(&y(n, y.shape()[1] - 1, 0), b.size(), &hT(n, 0));
        return c.y;
    }
    template <class X>
    const X& backward(const X& in, const states<T>& dy, cache<X>& c, parameters& grad, const gr::context& ctx) const {
        using gr::kernels::transpose;
        const auto& [W, U, b] = theta;
        auto& [dW, dU, db] = grad;
        const auto& y = c.y.y;
        auto& [dx, dh0] = c.dx;
        gr::reshape(dx, in.x.shape()), gr::reshape(dh0, in.h0.shape()), gr::reshape(c.dz, in.h0.shape());
        dW.fill(0), dU.fill(0), db.fill(0);
        c.dh = dy.hT;
        for (std::size_t t = in.x.shape()[1]; t-- > 0;) {
            for (std::size_t n = 0; n < c.dz.shape()[0]; ++n)
                for (std::size_t i = 0; i < b.size(); ++i) {
                    c.dh(n, i) += dy.y(n, t, i);
                    c.dz(n, i) = there(ctx, n, t) ? c.dh(n, i) * (1 - y(n, t, i) * y(n, t, i)) : T(0);  // dz = dh ∘ tanh'
                    db(i) += c.dz(n, i);
                }
            gr::kernels::product<T>(1, transpose(at(in.x, t)), c.dz, 1, dW);                            // dW += x_tᵀ dz
            gr::kernels::product<T>(1, transpose(t == 0 ? matrix(in.h0) : matrix(at(y, t - 1))), c.dz, 1, dU);
            gr::kernels::product<T>(1, c.dz, transpose(W), 0, at(dx, t));                               // dx_t = dz Wᵀ
            gr::kernels::product<T>(1, c.dz, transpose(U), 0, gr::kernels::as_matrix(dh0));             // dh = dz Uᵀ
            for (std::size_t n = 0; n < c.dz.shape()[0]; ++n)
                if (there(ctx, n, t)) std::copy_n(&dh0(n, 0), b.size(), &c.dh(n, 0));
        }
        dh0 = c.dh;
        return c.dx;
    }
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return recurrent<U>(theta.W.shape()[0], theta.b.size());
    }

  private:
    using matrix = gr::kernels::matrix<const T>;

    /// Step t of all rows, without a copy.
    template <class S>
    static auto at(S& x, std::size_t t) {
        return gr::kernels::matrix(x.data() + t * x.shape()[2], x.shape()[0], x.shape()[2], x.shape()[1] * x.shape()[2]);
    }
    static bool there(const gr::context& ctx, std::size_t n, std::size_t t) { return ctx.mask == nullptr || (*ctx.mask)(n, t); }
};

sequence<float> draws(std::size_t N, std::size_t T) {
    return {support::draw<gr::tensor<float, 3>>({N, T, 2}, 1), support::draw<gr::tensor<float, 2>>({N, 3}, 2)};
}
const gr::tensor<bool, 2> ragged{{true, true, true, true, true}, {true, true, false, false, false}, {true, false, true, true, false}};

/// Steps first..last of x, from the state h0.
sequence<float> chunk(const sequence<float>& s, std::size_t first, std::size_t last, const gr::tensor<float, 2>& h0) {
    return {xt::view(s.x, xt::all(), xt::range(first, last), xt::all()), h0};
}

}  // namespace

TEST_CASE("probe.recurrent: gradient, the initial state's included, without and with a mask") {
    gr::seed(6);
    const auto report = gr::gradient_check(recurrent<>(2, 3), draws(3, 5));
    CHECK(report);
    CHECK(report.entries == 2 * 3 + 3 * 3 + 3 + 3 * 5 * 2 + 3 * 3);
    CHECK(gr::gradient_check(recurrent<>(2, 3), draws(3, 5), {.mask = ragged}));
}

TEST_CASE("probe.recurrent: masked steps keep the state") {
    const recurrent net(2, 3);
    const auto x = draws(3, 5);
    gr::pass pass(net);
    pass.mask = ragged;
    const auto& [y, hT] = gr::forward(net, x, pass);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(y(1, 4, i) == y(1, 1, i));
        CHECK(hT(1, i) == y(1, 1, i));
        CHECK(y(2, 1, i) == y(2, 0, i));
        CHECK(y(2, 2, i) != y(2, 1, i));
    }
}

TEST_CASE("probe.recurrent: in chunks, with the state carried over, forward and backward equal the whole") {
    const recurrent net(2, 3);
    const auto x = draws(3, 5);
    gr::pass whole(net), first(net), second(net);
    whole.input_gradient = true;
    const states<float> y = gr::forward(net, x, whole);
    const auto x1 = chunk(x, 0, 2, x.h0);
    const states<float> y1 = gr::forward(net, x1, first);
    const auto x2 = chunk(x, 2, 5, y1.hT);
    const states<float> y2 = gr::forward(net, x2, second);
    CHECK(support::same(y1.y, gr::tensor<float, 3>(xt::view(y.y, xt::all(), xt::range(0, 2), xt::all()))));
    CHECK(support::same(y2.y, gr::tensor<float, 3>(xt::view(y.y, xt::all(), xt::range(2, 5), xt::all()))));
    CHECK(support::same(y2.hT, y.hT));

    const auto part = [&](std::size_t a, std::size_t b) { return gr::tensor<float, 3>(xt::view(y.y, xt::all(), xt::range(a, b), xt::all())); };
    gr::gradients grad(net), total(net), late(net);
    const sequence<float> dx = gr::backward(net, x, y, whole, grad);
    const sequence<float> dx2 = gr::backward(net, x2, states<float>{part(2, 5), y.hT}, second, total);
    const sequence<float> dx1 = gr::backward(net, x1, states<float>{part(0, 2), dx2.h0}, first, late);  // dh travels back
    total += late;
    CHECK(support::difference(total.values.W, grad.values.W) < 1e-6);
    CHECK(support::difference(total.values.U, grad.values.U) < 1e-6);
    CHECK(support::difference(dx1.h0, dx.h0) < 1e-6);
}
