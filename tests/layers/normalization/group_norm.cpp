#include "gradus/layers/normalization/group_norm.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/normalization/layer_norm.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/message.hpp"
#include "normalization.hpp"

namespace gr = gradus;
using images = gr::tensor<float, 4>;
using vector = gr::tensor<double, 1>;
using doctest::Approx;
using support::draw;
using support::message_of;

TEST_CASE("group_norm.mean, group_norm.variance, group_norm.forward, group_norm.dbeta, group_norm.dgamma, group_norm.dx: by hand") {
    gr::group_norm<double> layer(2, 4, {.epsilon = 0});  // channels 0 and 1, 2 and 3
    layer.theta.gamma = {1, 2, 1, 3}, layer.theta.beta = {0, 0, 0, 5};
    // one sample with two positions
    const gr::tensor<double, 3> x{{{1, 2, 4, 0}, {3, 6, 0, 0}}}, dy{{{1, 0, 0, 0}, {0, 0, 1, 1}}};
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, x, pass);
    const double a = 1 / std::sqrt(3.5), b = 1 / std::sqrt(3.0);   // (4 + 1 + 0 + 9) / 4, (9 + 1 + 1 + 1) / 4
    CHECK(pass.cache.mean == gr::tensor<double, 2>{{3, 3, 1, 1}});
    CHECK(pass.cache.r(0, 1) == Approx(a));
    CHECK(pass.cache.r(0, 2) == Approx(b));
    CHECK(y(0, 0, 0) == Approx(-2 * a));
    CHECK(y(0, 1, 1) == Approx(2 * 3 * a));
    CHECK(y(0, 0, 3) == Approx(3 * -b + 5));
    const auto& dx = gr::backward(layer, x, dy, pass, grad.values);
    CHECK(grad.values.beta == vector{1, 0, 1, 1});
    CHECK(grad.values.gamma(0) == Approx(-2 * a));
    CHECK(grad.values.gamma(3) == Approx(-b));
    CHECK(dx(0, 0, 0) == Approx((1 - 1.0 / 4 - (-2 * a) * (-2 * a) / 4) * a));   // Σ g = 1, Σ g x̂ = −2a
    CHECK(dx(0, 1, 1) == Approx((0 - 1.0 / 4 - (3 * a) * (-2 * a) / 4) * a));
    CHECK(dx(0, 0, 2) == Approx((0 - 4.0 / 4 - (3 * b) * (-4 * b) / 4) * b));    // Σ g = 1 + 3, Σ g x̂ = −b − 3b
}

TEST_CASE("group_norm.dgamma, group_norm.dbeta, group_norm.dx: central differences") {
    for (const std::size_t groups : {1u, 2u, 3u, 6u}) {
        gr::group_norm layer(groups, 6);
        layer.theta.gamma = draw<gr::tensor<float, 1>>({6}, 5);
        CHECK(gr::gradient_check(layer, draw<images>({2, 3, 5, 6}, 1)));
        if (groups != 6) CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 2>>({4, 6}, 1), {.training = false}));
    }
}

TEST_CASE_TEMPLATE("group_norm.forward, group_norm.dgamma, group_norm.dbeta, group_norm.dx: PyTorch's values", T, float, double) {
    const auto equals = []<std::size_t N>(const std::string& of, std::size_t groups, double epsilon, gr::tensor<T, N>) {
        CAPTURE(of);
        const std::string at = "normalization/group_norm." + of + ".";
        const auto x = support::pytorch<gr::tensor<T, N>>(at + "x");
        gr::group_norm<T> layer(groups, gr::features(x), {.epsilon = epsilon});
        gr::pass pass(layer, x);
        pass.input_gradient = true;
        support::check_normalization(layer, x, pass, at, x.size() / x.shape()[0] / groups);
    };
    equals("images", 2, 1e-5, gr::tensor<T, 4>{});
    equals("instance", 5, 1e-3, gr::tensor<T, 4>{});
    equals("whole", 1, 1e-5, gr::tensor<T, 4>{});
    equals("rows", 3, 1e-5, gr::tensor<T, 2>{});
    equals("sequence", 4, 1e-5, gr::tensor<T, 3>{});
}

TEST_CASE_TEMPLATE("group_norm.mean, group_norm.variance, group_norm.forward, group_norm.dgamma, group_norm.dx: the textbook's twin",
                   T, float, double) {
    for (const auto& [groups, C] : {std::pair<std::size_t, std::size_t>{1, 1}, {1, 17}, {2, 6}, {3, 33}, {8, 64}, {5, 300}})
        for (const std::size_t P : {2u, 5u, 100u}) {
            gr::group_norm<T> layer(groups, C);
            support::check_against_reference(layer, 3, P, C, [G = groups, S = C / groups](std::size_t n, std::size_t, std::size_t j) {
                return n * G + j / S;
            });
        }
}

TEST_CASE("group_norm: one group of rows is layer normalization") {
    const auto x = draw<gr::tensor<double, 2>>({5, 12}, 1);
    const gr::group_norm<double> group(1, 12);
    const gr::layer_norm<double> layer(12);
    gr::pass a(group);
    gr::pass b(layer);
    CHECK(support::difference(gr::forward(group, x, a), gr::forward(layer, x, b)) <= 1e-12);
}

TEST_CASE("group_norm: a sample does not depend on the others; dx is for somebody who reads it") {
    const gr::group_norm layer(2, 4);
    const auto x = draw<images>({3, 2, 5, 4}, 1);
    images one({1, 2, 5, 4});
    std::copy_n(x.data() + one.size(), one.size(), one.data());
    gr::pass pass(layer, x), alone(layer, x);
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, x, pass);
    const auto& z = gr::forward(layer, one, alone);
    CHECK(std::equal(z.begin(), z.end(), y.data() + one.size()));
    gr::backward(layer, x, x, pass, grad.values);
    CHECK(pass.cache.dx.size() == 0);
}

TEST_CASE("group_norm: what it says") {
    CHECK(message_of([] { gr::group_norm(3, 7); }) == "group_norm: C = 7 channels cannot be cut into G = 3 groups");
    CHECK(message_of([] { gr::group_norm(0, 7); }) == "group_norm: C = 7 channels cannot be cut into G = 0 groups");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(5, 4), gr::group_norm(2, 6)); }) ==
          "group_norm #1: y = γ ∘ x̂ + β needs x of (N, ..., 6), got (N, 4): γ is (6)");
}
