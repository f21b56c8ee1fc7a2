// A layer with two inputs: they are one struct, and so are their gradients.
#include <doctest/doctest.h>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "xtensor.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

template <class T>
struct pair_of {
    gr::tensor<T, 2> a, b;
    static void each(auto&& f, auto&... p) { f("a", p.a...), f("b", p.b...); }
};

/// y = aA ∘ bB, a gate for each other.                        a (N, I)   b (N, K)   A (I, O)   B (K, O)   y (N, O)
template <class T = float>
struct gate {
    static constexpr std::string_view name = "gate";
    using input = pair_of<T>;
    struct parameters {
        gr::tensor<T, 2> A, B;
        static void each(auto&& f, auto&... p) { f("A", p.A...), f("B", p.B...); }
    };
    template <class X>
    struct cache {
        gr::tensor<T, 2> u, v, y, du, dv;
        X dx;
    };
    parameters theta;
    std::uint64_t key = 0;

    gate(std::size_t I, std::size_t K, std::size_t O) : theta{gr::tensor<T, 2>({I, O}), gr::tensor<T, 2>({K, O})} {
        initialize(gr::default_seed());
    }
    void initialize(std::uint64_t k) {
        key = k;
        gr::draw(theta.A, gr::normal{0, 0.7}, gr::random::mix(k, "A"), {});
        gr::draw(theta.B, gr::normal{0, 0.7}, gr::random::mix(k, "B"), {});
    }

    template <class X>
    const gr::tensor<T, 2>& forward(const X& x, cache<X>& c) const {
        const std::array shape{x.a.shape()[0], theta.A.shape()[1]};
        gr::reshape(c.u, shape), gr::reshape(c.v, shape), gr::reshape(c.y, shape);
        gr::kernels::product<T>(1, x.a, theta.A, 0, c.u);                                  // u = aA
        gr::kernels::product<T>(1, x.b, theta.B, 0, c.v);                                  // v = bB
        xt::noalias(c.y) = c.u * c.v;                                                      // y = u ∘ v
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const gr::tensor<T, 2>& dy, cache<X>& c, parameters& grad, const gr::context& ctx) const {
        using gr::kernels::transpose;
        gr::reshape(c.du, dy.shape()), gr::reshape(c.dv, dy.shape());
        xt::noalias(c.du) = dy * c.v;                                                      // du = dy ∘ v
        xt::noalias(c.dv) = dy * c.u;                                                      // dv = dy ∘ u
        gr::kernels::product<T>(1, transpose(x.a), c.du, 0, grad.A);                       // dA = aᵀ du
        gr::kernels::product<T>(1, transpose(x.b), c.dv, 0, grad.B);                       // dB = bᵀ dv
        if (ctx.input_gradient) {
            gr::reshape(c.dx.a, x.a.shape()), gr::reshape(c.dx.b, x.b.shape());
            gr::kernels::product<T>(1, c.du, transpose(theta.A), 0, c.dx.a);               // da = du Aᵀ
            gr::kernels::product<T>(1, c.dv, transpose(theta.B), 0, c.dx.b);               // db = dv Bᵀ
        }
        return c.dx;
    }
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return gate<U>(theta.A.shape()[0], theta.B.shape()[0], theta.A.shape()[1]);
    }
};

pair_of<float> pairs(std::size_t n) { return {support::draw<matrix>({n, 2}, 1), support::draw<matrix>({n, 3}, 2)}; }

}  // namespace

TEST_CASE("probe.two_inputs: gradient of both inputs and of both parameters") {
    gr::seed(4);
    const auto report = gr::gradient_check(gate<>(2, 3, 4), pairs(5));
    CHECK(report);
    CHECK_FALSE(report.in_float);
    CHECK(report.entries == 2 * 4 + 3 * 4 + 5 * 2 + 5 * 3);
    CHECK(gr::gradient_check(gr::sequential(gate<>(2, 3, 4), gr::dense(4, 2, gr::tanh{})), pairs(5)));
}

TEST_CASE("probe.two_inputs: dx is the struct that x is, through a sequential and its pass") {
    gr::seed(4);
    const auto net = gr::sequential(gate<>(2, 3, 4), gr::dense(4, 2));
    const auto x = pairs(5);
    gr::pass pass(net);
    gr::gradients grad(net);
    pass.input_gradient = true;
    const matrix y = net.forward(x, pass);
    const pair_of<float>& dx = net.backward(x, y, pass, grad);
    CHECK(dx.a.shape() == x.a.shape());
    CHECK(dx.b.shape() == x.b.shape());
}

TEST_CASE("probe.two_inputs: fit on a dataset of pairs learns a₀b₀, with predict and evaluate") {
    gr::seed(4);
    const auto x = pairs(300);
    matrix y({300, 1});
    for (std::size_t n = 0; n < 300; ++n) y(n, 0) = x.a(n, 0) * x.b(n, 0);
    const gr::dataset data(x, y);
    auto net = gr::sequential(gate<>(2, 3, 4), gr::dense(4, 1));
    auto [train, validation] = gr::split(data, 0.9);
    const auto history = gr::fit(net, gr::mse{}, gr::adam{.learning_rate = 0.02}, train,
                                 {.epochs = 60, .batch_size = 32, .validation = validation, .threads = 2,
                                  .progress = gr::show::never});
    CHECK(history.loss.back() < 1e-3);
    CHECK(history.validation_loss.back() < 1e-3);
    CHECK(gr::predict(net, x).shape() == y.shape());
    CHECK(gr::evaluate(net, gr::mse{}, data).loss < 1e-3);
}
