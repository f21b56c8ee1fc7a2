// A network that is no chain: a struct of layers with its own forward and backward.
#include <doctest/doctest.h>

#include "gradus.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "xtensor.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// y = x + f(x).
template <class F>
struct residual {
    static constexpr std::string_view name = "residual";
    struct parameters {
        gr::parameters_of<F> f;
        static void each(auto&& visit, auto&... p) { visit("f", p.f...); }
    };
    template <class X>
    struct cache {
        gr::cache_of<F, X> f;
        X y, dx;
    };
    F f;

    template <class X>
    const X& forward(const X& x, cache<X>& c, const gr::context& ctx) const {
        gr::reshape(c.y, x.shape());
        xt::noalias(c.y) = x + gr::forward(f, x, c.f, ctx.inside(0));                          // y = x + f(x)
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad, const gr::context& ctx) const {
        const X& df = gr::backward(f, x, dy, c.f, grad.f, ctx.inside(0));
        if (!ctx.input_gradient) return c.dx;
        gr::reshape(c.dx, x.shape());
        xt::noalias(c.dx) = dy + df;                                                           // dx = dy + f'(x)ᵀ dy
        return c.dx;
    }
    template <class U>
    [[nodiscard]] auto rebind() const {
        return residual<decltype(gr::rebind<U>(f))>{gr::rebind<U>(f)};
    }
};
template <class F>
residual(F) -> residual<F>;

auto block() { return residual{gr::sequential(gr::dense(4, 8, gr::tanh{}), gr::dense(8, 4))}; }

}  // namespace

TEST_CASE("probe.residual: y = x + f(x), and its gradient") {
    gr::seed(2);
    const auto layer = block();
    const auto x = support::draw<matrix>({3, 4}, 1);
    const matrix f = gr::predict(layer.f, x);
    CHECK(support::difference(gr::predict(layer, x), matrix(x + f)) < 1e-7);
    CHECK(gr::gradient_check(layer, x));
    CHECK(gr::gradient_check(gr::sequential(gr::dense(2, 4), block(), gr::dense(4, 3)), support::draw<matrix>({3, 2}, 1)));
}

TEST_CASE("probe.residual: paths, initial parameters and a summary reach inside") {
    gr::seed(2);
    auto net = gr::sequential(gr::dense(2, 4), block(), gr::named("deep", block()));
    std::vector<std::string> paths;
    gr::each([&](const gr::entry& e, const auto&) { paths.push_back(e.path()); }, net);
    CHECK(paths == std::vector<std::string>{"0.W", "0.b", "1.f.0.W", "1.f.0.b", "1.f.1.W", "1.f.1.b", "deep.f.0.W",
                                            "deep.f.0.b", "deep.f.1.W", "deep.f.1.b"});
    CHECK_FALSE(net.layer<1>().f.layer<0>().theta.W == net.layer<2>().f.layer<0>().theta.W);
    CHECK(gr::summary(net, matrix({1, 2}, 0.0f)) ==
          "layer           output   parameters\n"
          "0 dense         (N, 4)           12\n"
          "1 residual      (N, 4)           76\n"
          "deep residual   (N, 4)           76\n"
          "164 parameters\n");
}

TEST_CASE("probe.residual: a wrong shape inside is named by its path") {
    auto wrong = residual{gr::sequential(gr::dense(4, 8), gr::dense(8, 4))};
    const auto net = gr::sequential(gr::dense(2, 3), wrong);
    CHECK_THROWS_WITH_AS((void)gr::predict(net, matrix({1, 2}, 0.0f)),
                         "dense #1.0: y = f(xW + b) needs x of (N, 4), got (1, 3): W is (4, 8)", gr::shape_error);
}

TEST_CASE("probe.residual: trains with fit on two threads") {
    gr::seed(2);
    auto net = gr::sequential(gr::dense(2, 4), block(), gr::dense(4, 1));
    const auto data = gr::data::xor_gate();
    const auto history = gr::fit(net, gr::mse{}, gr::adam{.learning_rate = 0.02}, data,
                                 {.epochs = 300, .batch_size = 4, .threads = 2, .progress = gr::show::never});
    CHECK(history.loss.back() < 1e-3);
}
