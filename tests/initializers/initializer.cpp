#include "gradus/initializers/initializer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../support/close.hpp"
#include "../support/message.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/initialize.hpp"

namespace gr = gradus;

TEST_CASE("initializer.fan: by hand, of a matrix and of a convolution's filters") {
    const auto matrix = gr::fan_of(gr::tensor<float, 2>({784, 128}));
    CHECK(matrix.in == 784);
    CHECK(matrix.out == 128);
    const auto filters = gr::fan_of(gr::tensor<float, 4>({5, 3, 6, 16}));  // 5 x 3, from 6 channels to 16
    CHECK(filters.in == 90);
    CHECK(filters.out == 240);
}
TEST_CASE("initializer: a network begins with the same numbers for ever") {
    gr::seed(7);
    const auto net = gr::sequential(gr::dense(2, 3));
    CHECK(net.layer<0>().theta.W(0, 0) == 0.927980065f);
    CHECK(net.layer<0>().theta.W(1, 2) == -0.411115408f);
}
TEST_CASE("initializer: biases of their own, and any function") {
    const auto lit = gr::dense<double>(2, 3, gr::identity{}, {gr::zeros{}, gr::full{0.1}});
    CHECK(lit.theta.W == gr::tensor<double, 2>({2, 3}, 0.));
    CHECK(lit.theta.b == gr::tensor<double, 1>({3}, 0.1));
    const auto counted = gr::dense<double>(2, 3, gr::identity{}, [](std::uint64_t, std::uint64_t i, gr::fan f) {
        return static_cast<double>(100 * f.in + 10 * f.out + i);
    });
    CHECK(counted.theta.W == gr::tensor<double, 2>{{230, 231, 232}, {233, 234, 235}});
    CHECK(counted.theta.b == gr::tensor<double, 1>({3}, 0.));
}
TEST_CASE("initializer: a constant must be a number") {
    CHECK(support::message_of([] { gr::initializer{gr::full{NAN}}; }) == "full: needs a finite value, got nan");
    CHECK(support::message_of([] { gr::initializer(gr::zeros{}, gr::full{INFINITY}); }) == "full: needs a finite value, got inf");
}

TEST_CASE("initializer.draw: fills a tensor in its order, with the fans of dense's W") {
    gr::tensor<float, 2> W({3, 4});
    gr::draw(W, gr::he_uniform{}, 9, {3, 4});
    for (std::size_t i = 0; i < W.size(); ++i) CHECK(W.data()[i] == static_cast<float>(gr::he_uniform{}(9, i, {3, 4})));

    gr::seed(7);
    const auto layer = gr::dense(6, 600, gr::identity{}, gr::he_uniform{});  // I = 6 inputs: |W| ≤ √(6 / 6)
    CHECK(*std::ranges::max_element(gr::flat(layer.theta.W)) == doctest::Approx(1).epsilon(0.01));
    CHECK(layer.theta.b == gr::tensor<float, 1>({600}, 0.f));
}

TEST_CASE("initialize: equal layers of one network begin differently, equal networks alike") {
    gr::seed(7);
    const auto make = [] { return gr::sequential(gr::dense(4, 4), gr::dense(4, 4)); };
    const auto net = make(), again = make();
    CHECK_FALSE(support::same(net.layer<0>().theta.W, net.layer<1>().theta.W));
    CHECK(support::same(net.layer<0>().theta.W, again.layer<0>().theta.W));
    CHECK(support::same(net.layer<1>().theta.W, again.layer<1>().theta.W));
    gr::seed(8);
    CHECK_FALSE(support::same(net.layer<0>().theta.W, make().layer<0>().theta.W));
}
TEST_CASE("initialize: the place in the network keys a draw, not the order of construction") {
    gr::seed(7);
    auto second = gr::dense(4, 4);
    auto first = gr::dense(4, 4);
    const auto net = gr::sequential(first, second), swapped = gr::sequential(second, first);
    CHECK(support::same(net.layer<0>().theta.W, swapped.layer<0>().theta.W));
    CHECK(support::same(net.layer<1>().theta.W, swapped.layer<1>().theta.W));
    const auto longer = gr::sequential(gr::dense(4, 4), gr::dense(4, 4), gr::dense(4, 9));
    CHECK(support::same(net.layer<1>().theta.W, longer.layer<1>().theta.W));
}
TEST_CASE("initialize: nested networks are places of their own") {
    gr::seed(7);
    const auto block = [] { return gr::sequential(gr::dense(4, 4), gr::dense(4, 4)); };
    const auto net = gr::sequential(block(), block());
    const auto& a = net.layer<0>();
    const auto& b = net.layer<1>();
    CHECK_FALSE(support::same(a.layer<0>().theta.W, b.layer<0>().theta.W));
    CHECK_FALSE(support::same(a.layer<0>().theta.W, b.layer<1>().theta.W));
    CHECK_FALSE(support::same(a.layer<1>().theta.W, b.layer<0>().theta.W));
    CHECK_FALSE(support::same(a.layer<0>().theta.W, a.layer<1>().theta.W));
}
TEST_CASE("initialize_untouched: what was set by hand before stays") {
    gr::seed(7);
    auto by_hand = gr::dense(2, 2);
    by_hand.theta.W = gr::tensor<float, 2>{{1, 2}, {3, 4}};
    auto biased = gr::dense(2, 2);
    biased.theta.b.fill(1);  // one parameter touched: the whole layer stays
    const auto biased_W = biased.theta.W;
    const auto net = gr::sequential(by_hand, gr::dense(2, 2, gr::sigmoid{}), biased);
    CHECK(net.layer<0>().theta.W == gr::tensor<float, 2>{{1, 2}, {3, 4}});
    CHECK(support::same(net.layer<2>().theta.W, biased_W));
    CHECK(net.layer<2>().theta.b(0) == 1);
}
TEST_CASE("initialize: draws all anew, of another seed on request") {
    gr::seed(7);
    auto net = gr::sequential(gr::dense(4, 4), gr::dense(4, 4));
    const auto before = net;
    net.layer<0>().theta.W.fill(0);
    net.layer<1>().theta.b.fill(1);
    gr::initialize(net);
    CHECK(support::same(net.layer<0>().theta.W, before.layer<0>().theta.W));
    CHECK(net.layer<1>().theta.b == gr::tensor<float, 1>({4}, 0.f));
    gr::initialize(net, 8);
    CHECK_FALSE(support::same(net.layer<0>().theta.W, before.layer<0>().theta.W));
}
