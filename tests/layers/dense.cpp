#include "gradus/layers/dense.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

#include "../support/central_difference.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "gradus/activations/elu.hpp"
#include "gradus/activations/gelu.hpp"
#include "gradus/activations/hard_sigmoid.hpp"
#include "gradus/activations/leaky_relu.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/silu.hpp"
#include "gradus/activations/softmax.hpp"
#include "gradus/activations/softplus.hpp"
#include "gradus/activations/softsign.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/losses/mse.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/optimizer.hpp"
#include "gradus/reference/dense.hpp"

namespace gr = gradus;

namespace {

using support::difference;
using support::draw;
using support::pytorch;
using matrix = gr::tensor<double, 2>;

/// A layer with its cache and gradient, run forward and backward.
template <class T, class F, std::size_t N>
struct run {
    using X = gr::tensor<T, N>;
    gr::dense_layer<T, F> layer;
    typename gr::dense_layer<T, F>::template cache<X> c;
    typename gr::dense_layer<T, F>::parameters grad;

    run(const gr::tensor<T, 2>& W, const gr::tensor<T, 1>& b) : layer(gr::dense<T>(W.shape()[0], W.shape()[1], F{})) {
        layer.theta = {W, b};
        grad = {gr::tensor<T, 2>(W.shape(), T(77)),
                gr::tensor<T, 1>(b.shape(), T(77))};  // backward must assign, not add
    }
    void operator()(const X& x, const X& dy) {
        (void)layer.forward(x, c);
        (void)layer.backward(x, dy, c, grad);
    }
};

/// Calls f(F{}) for all activations without parameters.
void each_activation(auto&& f) {
    f(gr::identity{}), f(gr::sigmoid{}), f(gr::tanh{}), f(gr::relu{}), f(gr::leaky_relu{}), f(gr::elu{}), f(gr::selu{});
    f(gr::gelu{}), f(gr::gelu_tanh{}), f(gr::silu{}), f(gr::softplus{}), f(gr::softsign{}), f(gr::hard_sigmoid{});
    f(gr::softmax{}), f(gr::log_softmax{});
}

template <class T, class F, std::size_t N>
void equals_pytorch(const std::string& sizes) {
    CAPTURE(sizes);
    CAPTURE(F::name);
    const std::string given = "dense/" + sizes + ".", expected = given + std::string(F::name) + ".";
    const auto x = pytorch<gr::tensor<T, N>>(given + "x");
    run<T, F, N> dense(pytorch<gr::tensor<T, 2>>(given + "W"), pytorch<gr::tensor<T, 1>>(given + "b"));
    dense(x, pytorch<gr::tensor<T, N>>(given + "dy"));
    const std::size_t I = gr::features(x), O = dense.c.y.shape()[N - 1];
    CHECK(difference(dense.c.y, pytorch<gr::tensor<double, N>>(expected + "y")) <= support::tolerance<T>(I));
    CHECK(difference(dense.grad.W, pytorch<matrix>(expected + "dW")) <= support::tolerance<T>(gr::rows(x)));
    CHECK(difference(dense.grad.b, pytorch<gr::tensor<double, 1>>(expected + "db")) <=
          support::tolerance<T>(gr::rows(x)));
    CHECK(difference(dense.c.dx, pytorch<gr::tensor<double, N>>(expected + "dx")) <= support::tolerance<T>(O));
}

template <class F>
void follows_central_differences() {
    CAPTURE(F::name);
    auto x = draw<gr::tensor<double, 3>>({2, 3, 7}, 3);
    run<double, F, 3> dense(draw<matrix>({7, 5}, 1), draw<gr::tensor<double, 1>>({5}, 2));
    const auto dy = draw<gr::tensor<double, 3>>({2, 3, 5}, 4);
    auto& layer = dense.layer;
    run<double, gr::identity, 3> linear(layer.theta.W, layer.theta.b);
    for (double z : linear.layer.forward(x, linear.c)) REQUIRE(std::abs(z) > 0.01);  // far from the kink of ReLU

    const auto J = [&] { return support::dot(dy, layer.forward(x, dense.c)); };
    const auto dW = support::slopes(J, layer.theta.W);
    const auto db = support::slopes(J, layer.theta.b);
    const auto dx = support::slopes(J, x);
    dense(x, dy);
    CHECK(support::relative_error(dense.grad.W, dW) <= 1e-9);
    CHECK(support::relative_error(dense.grad.b, db) <= 1e-9);
    CHECK(support::relative_error(dense.c.dx, dx) <= 1e-9);
}

/// Numbers of rows, inputs and outputs that are not multiples of a register width, and 1 of each.
template <class T, class F>
void equals_reference() {
    using sizes = std::array<std::size_t, 3>;
    for (const sizes& size : {sizes{1, 1, 1}, sizes{1, 33, 17}, sizes{3, 17, 1}, sizes{17, 3, 33}, sizes{33, 33, 3}}) {
        CAPTURE(gr::shape_text(size));
        const auto [n, in, out] = size;
        const auto x = draw<gr::tensor<T, 2>>({n, in}, 1), W = draw<gr::tensor<T, 2>>({in, out}, 2);
        const auto dy = draw<gr::tensor<T, 2>>({n, out}, 3);
        const auto b = draw<gr::tensor<T, 1>>({out}, 4);
        run<T, F, 2> dense(W, b);
        dense(x, dy);
        const gr::reference::dense_forward<T> forward(F{}, x, W, b);
        const gr::reference::dense_backward<T> backward(F{}, x, W, forward, dy);
        CHECK(difference(dense.c.y, forward.y) <= support::tolerance<T>(in));
        CHECK(difference(dense.grad.W, backward.dW) <= support::tolerance<T>(n));
        CHECK(difference(dense.grad.b, backward.db) <= support::tolerance<T>(n));
        CHECK(difference(dense.c.dx, backward.dx) <= support::tolerance<T>(out));
    }
}

}  // namespace

TEST_CASE("dense.forward, dense.dz, dense.dW, dense.db, dense.dx: by hand") {
    run<double, gr::relu, 2> dense(matrix{{1, -1, 2}, {2, 1, 0}}, {1, 0, -7});
    const matrix x{{1, 2}, {3, -1}}, dy{{1, 2, 3}, {4, 5, 6}};
    dense(x, dy);
    CHECK(dense.c.y == matrix{{6, 1, 0}, {2, 0, 0}});       // z = xW + b = (6 1 −5), (2 −4 −1)
    CHECK(dense.grad.W == matrix{{13, 2, 0}, {-2, 4, 0}});  // dz = (1 2 0), (4 0 0): 1·1 + 3·4, 1·2, 2·1 − 1·4, 2·2
    CHECK(dense.grad.b == gr::tensor<double, 1>{5, 2, 0});  // 1 + 4, 2 + 0
    CHECK(dense.c.dx == matrix{{-1, 4}, {4, 8}});           // 1·1 + 2·(−1), 1·2 + 2·1; 4·1, 4·2
}

/// "A step by step backpropagation example" (Mazur, 2015): 2-2-2, sigmoid, ½ Σ (ŷ − y)², α = 0.5. In it each layer
/// has one bias, which is not updated.
TEST_CASE("dense.forward, dense.dW, dense.dx: Mazur's example, to his nine digits") {
    auto net = gr::sequential(gr::dense<double>(2, 2, gr::sigmoid{}), gr::dense<double>(2, 2, gr::sigmoid{}));
    net.layer<0>().theta = {{{0.15, 0.25}, {0.20, 0.30}}, {0.35, 0.35}};  // w1 w3, w2 w4; b1
    net.layer<1>().theta = {{{0.40, 0.50}, {0.45, 0.55}}, {0.60, 0.60}};  // w5 w7, w6 w8; b2
    const matrix x{{0.05, 0.10}}, y{{0.01, 0.99}};
    gr::pass pass(net);
    gr::gradients grad(net);
    const auto& o = net.forward(x, pass);
    const auto& h = gr::output(std::get<0>(pass.cache.layers));
    const auto near = [](double value) { return doctest::Approx(value).epsilon(1e-8); };
    CHECK(h(0, 0) == near(0.59326999));  // σ(0.15 · 0.05 + 0.20 · 0.10 + 0.35) = σ(0.3775)
    CHECK(h(0, 1) == near(0.59688438));
    CHECK(o(0, 0) == near(0.75136507));
    CHECK(o(0, 1) == near(0.77292847));
    CHECK(gr::half_mse{}.value(o, y) == near(0.298371109));

    net.backward(x, gr::half_mse{}.gradient(o, y), pass, grad);
    gr::optimizer descend(net, gr::gradient_descent{.learning_rate = 0.5});
    descend(net, grad);
    const auto& [W1, b1] = net.layer<0>().theta;
    const auto& [W2, b2] = net.layer<1>().theta;
    CHECK(W2(0, 0) == near(0.35891648));  // w5 − 0.5 · 0.74136507 · 0.186815602 · 0.593269992
    CHECK(W2(1, 0) == near(0.408666186));
    CHECK(W2(0, 1) == near(0.511301270));
    CHECK(W2(1, 1) == near(0.561370121));
    CHECK(W1(0, 0) == near(0.149780716));  // w1 − 0.5 · 0.036350306 · 0.241300709 · 0.05
    CHECK(W1(1, 0) == near(0.19956143));
    CHECK(W1(0, 1) == near(0.24975114));
    CHECK(W1(1, 1) == near(0.29950229));
}

TEST_CASE("dense.dz, dense.dW, dense.db, dense.dx: central differences with a random upstream gradient") {
    each_activation([]<class F>(F) { follows_central_differences<F>(); });
}

TEST_CASE_TEMPLATE("dense.forward, dense.dW, dense.db, dense.dx: PyTorch's values", T, float, double) {
    each_activation([]<class F>(F) {
        for (const char* sizes : {"one", "sample", "batch"}) equals_pytorch<T, F, 2>(sizes);
        equals_pytorch<T, F, 3>("sequence");
    });
}

TEST_CASE_TEMPLATE("dense.forward, dense.dW, dense.db, dense.dx: the textbook's twin", T, float, double) {
    equals_reference<T, gr::sigmoid>();
    equals_reference<T, gr::gelu>();
}

TEST_CASE("dense: leading axes are rows") {
    const auto x = draw<gr::tensor<float, 3>>({2, 3, 17}, 1), dy = draw<gr::tensor<float, 3>>({2, 3, 5}, 2);
    gr::tensor<float, 2> rows({6, 17}, 0.f), dy_rows({6, 5}, 0.f);
    std::copy_n(x.data(), x.size(), rows.data());
    std::copy_n(dy.data(), dy.size(), dy_rows.data());
    const auto W = draw<gr::tensor<float, 2>>({17, 5}, 3);
    const auto b = draw<gr::tensor<float, 1>>({5}, 4);
    run<float, gr::gelu, 3> sequence(W, b);
    run<float, gr::gelu, 2> flat(W, b);
    sequence(x, dy);
    flat(rows, dy_rows);
    CHECK(std::ranges::equal(gr::flat(sequence.c.y), gr::flat(flat.c.y)));
    CHECK(std::ranges::equal(gr::flat(sequence.c.dx), gr::flat(flat.c.dx)));
    CHECK(support::same(sequence.grad.W, flat.grad.W));
    CHECK(support::same(sequence.grad.b, flat.grad.b));
}

TEST_CASE("dense: repeated, forward and backward give the same; batches may shrink and grow on one cache") {
    run<float, gr::sigmoid, 2> dense(draw<gr::tensor<float, 2>>({3, 2}, 1), gr::tensor<float, 1>{1, 2});
    const auto large = draw<gr::tensor<float, 2>>({5, 3}, 2), dy = draw<gr::tensor<float, 2>>({5, 2}, 3);
    dense(large, dy);
    const auto y = dense.c.y, dx = dense.c.dx;
    const auto grad = dense.grad;
    dense(draw<gr::tensor<float, 2>>({1, 3}, 4), draw<gr::tensor<float, 2>>({1, 2}, 5));
    CHECK(dense.c.y.shape()[0] == 1);
    dense(large, dy);
    CHECK(support::same(dense.c.y, y));
    CHECK(support::same(dense.c.dx, dx));
    CHECK(support::same(dense.grad.W, grad.W));
    CHECK(support::same(dense.grad.b, grad.b));
}

TEST_CASE("dense: computes dx only for somebody who reads it, keeps z only for an f' that reads it") {
    const auto x = draw<gr::tensor<float, 2>>({5, 3}, 2), dy = draw<gr::tensor<float, 2>>({5, 2}, 3);
    run<float, gr::sigmoid, 2> dense(draw<gr::tensor<float, 2>>({3, 2}, 1), gr::tensor<float, 1>{1, 2});
    (void)dense.layer.forward(x, dense.c);
    (void)dense.layer.backward(x, dy, dense.c, dense.grad, gr::context{.input_gradient = false});
    CHECK(dense.c.dx.shape() != x.shape());
    CHECK(dense.c.z.shape() != dy.shape());
    run<float, gr::gelu, 2> reads_z(draw<gr::tensor<float, 2>>({3, 2}, 1), gr::tensor<float, 1>{1, 2});
    reads_z(x, dy);
    CHECK(reads_z.c.z.shape() == dy.shape());
}
