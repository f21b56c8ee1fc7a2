#include "gradus/layers/normalization/layer_norm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "gradus/activations/tanh.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/message.hpp"
#include "normalization.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;
using vector = gr::tensor<double, 1>;
using doctest::Approx;
using support::draw;
using support::message_of;

TEST_CASE("layer_norm.mean, layer_norm.variance, layer_norm.forward, layer_norm.dbeta, layer_norm.dgamma, layer_norm.dx: by hand") {
    auto layer = gr::layer_norm<double>(3, {.epsilon = 0});
    layer.theta.gamma = {1, 2, 4}, layer.theta.beta = {0, 1, -1};
    const matrix x{{1, 2, 6}, {0, 3, 3}}, dy{{1, 0, 0}, {1, 1, 1}};
    gr::pass pass(layer);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, x, pass);
    const double a = 1 / std::sqrt(14.0 / 3), b = 1 / std::sqrt(2.0);  // σ² = (4 + 1 + 9) / 3, (4 + 1 + 1) / 3
    CHECK(pass.cache.mean == vector{3, 2});
    CHECK(pass.cache.r(0) == Approx(a));
    CHECK(pass.cache.r(1) == Approx(b));
    CHECK(y(0, 0) == Approx(-2 * a));                                  // x̂ = (−2 −1 3) a, (−2 1 1) b
    CHECK(y(0, 1) == Approx(-1 * a * 2 + 1));
    CHECK(y(1, 2) == Approx(1 * b * 4 - 1));
    const auto& dx = gr::backward(layer, x, dy, pass, grad.values);
    CHECK(grad.values.beta == vector{2, 1, 1});
    CHECK(grad.values.gamma(0) == Approx(-2 * a - 2 * b));
    CHECK(grad.values.gamma(1) == Approx(b));
    CHECK(dx(0, 0) == Approx((1 - 1.0 / 3 - (-2 * a) * (-2 * a) / 3) * a));  // g = (1 0 0)
    CHECK(dx(0, 2) == Approx((0 - 1.0 / 3 - (3 * a) * (-2 * a) / 3) * a));
    CHECK(dx(1, 1) == Approx((2 - 7.0 / 3 - b * (4 * b) / 3) * b));          // g = (1 2 4), Σ g x̂ = (−2 + 2 + 4) b
}

TEST_CASE("layer_norm.dgamma, layer_norm.dbeta, layer_norm.dx: central differences") {
    gr::layer_norm layer(7);
    layer.theta.gamma = draw<gr::tensor<float, 1>>({7}, 5);
    CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 2>>({4, 7}, 1)));
    CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 3>>({2, 3, 7}, 1), {.training = false}));
    const auto net = gr::sequential(gr::layer_norm(3), gr::dense(3, 20, gr::tanh{}), gr::layer_norm(20, {.epsilon = 1e-3}));
    CHECK(gr::gradient_check(net, draw<gr::tensor<float, 2>>({6, 3}, 1)));
}

TEST_CASE_TEMPLATE("layer_norm.forward, layer_norm.dgamma, layer_norm.dbeta, layer_norm.dx: PyTorch's values", T, float, double) {
    const auto equals = []<std::size_t N>(const std::string& of, double epsilon, gr::tensor<T, N>) {
        CAPTURE(of);
        const std::string at = "normalization/layer_norm." + of + ".";
        const auto x = support::pytorch<gr::tensor<T, N>>(at + "x");
        gr::layer_norm<T> layer(gr::features(x), {.epsilon = epsilon});
        gr::pass pass(layer, x);
        pass.input_gradient = true;
        support::check_normalization(layer, x, pass, at, gr::features(x));
    };
    equals("rows", 1e-5, gr::tensor<T, 2>{});
    equals("one", 1e-5, gr::tensor<T, 2>{});
    equals("wide", 1e-5, gr::tensor<T, 2>{});
    equals("sequence", 1e-3, gr::tensor<T, 3>{});
}

TEST_CASE_TEMPLATE("layer_norm.mean, layer_norm.variance, layer_norm.forward, layer_norm.dgamma, layer_norm.dx: the textbook's twin",
                   T, float, double) {
    for (const std::size_t D : {1u, 3u, 16u, 17u, 33u, 100u, 256u, 261u})
        for (const std::size_t P : {1u, 5u, 100u}) {
            gr::layer_norm<T> layer(D);
            support::check_against_reference(layer, 7, P, D, [P](std::size_t n, std::size_t p, std::size_t) { return n * P + p; });
        }
}

TEST_CASE("layer_norm: a row does not depend on the others, nor on the mode; dx is for somebody who reads it") {
    const gr::layer_norm layer(5);
    const auto x = draw<gr::tensor<float, 2>>({6, 5}, 1);
    gr::tensor<float, 2> one({1, 5});
    std::copy_n(x.data() + 10, 5, one.data());
    gr::pass pass(layer), alone(layer);
    alone.training = false;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, x, pass);
    const auto& z = gr::forward(layer, one, alone);
    CHECK(std::equal(z.begin(), z.end(), y.data() + 10));
    gr::backward(layer, x, x, pass, grad.values);
    CHECK(pass.cache.dx.size() == 0);
}

TEST_CASE("layer_norm: what it says") {
    CHECK(message_of([] { gr::layer_norm(0); }) == "layer_norm: γ (C) needs at least one channel, got 0");
    CHECK(message_of([] { gr::layer_norm(3, {.epsilon = NAN}); }) == "layer_norm: √(σ² + ε) needs ε in [0, 1], got nan");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(5, 4), gr::layer_norm(3)); }) ==
          "layer_norm #1: y = γ ∘ x̂ + β needs x of (N, ..., 3), got (N, 4): γ is (3)");
}
