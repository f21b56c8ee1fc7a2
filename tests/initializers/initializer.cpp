#include "gradus/initializers/initializer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "../support/close.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/core/initialize.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/model/sequential.hpp"

namespace gr = gradus;

namespace {

constexpr std::size_t n = 40000;

struct moments {
    double mean = 0, deviation = 0, low = 0, high = 0;
};

moments of(const gr::initializer& init, gr::fan f, std::uint64_t key = 7) {
    moments m;
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double x = init(key, i, f);
        m.mean += x / n;
        squares += x * x / n;
        m.low = std::min(m.low, x);
        m.high = std::max(m.high, x);
    }
    m.deviation = std::sqrt(squares - m.mean * m.mean);
    return m;
}

/// Four standard errors of the mean, and 2 % of the deviation (its standard error is 0.35 %, at most).
void has(const moments& m, double mean, double deviation) {
    CHECK(std::abs(m.mean - mean) <= 4 * deviation / std::sqrt(n));
    CHECK(m.deviation == doctest::Approx(deviation).epsilon(0.02));
}

/// Uniform in (−limit, limit), and near to both ends.
void fills(const moments& m, double limit) {
    has(m, 0, limit / std::sqrt(3));
    CHECK(m.low >= -limit);
    CHECK(m.high <= limit);
    CHECK(m.low < -0.999 * limit);
    CHECK(m.high > 0.999 * limit);
}

}  // namespace

TEST_CASE("initializer.normal: mean and deviation as asked for, whatever the fan") {
    has(of(gr::normal{0, 0.1}, {2, 3}), 0, 0.1);
    has(of(gr::normal{-1, 2}, {2, 3}), -1, 2);
    CHECK(gr::normal{0, 0.1}(7, 5, {2, 3}) == gr::normal{0, 0.1}(7, 5, {200, 300}));
    CHECK(gr::normal{1, 0}(7, 5, {2, 3}) == 1);
}
TEST_CASE("initializer.glorot_uniform: within √(6 / (in + out))") {
    fills(of(gr::glorot_uniform{}, {784, 128}), 0.081110711);  // √(6 / 912)
    fills(of(gr::glorot_uniform{}, {1, 5}), 1);                // √(6 / 6)
}
TEST_CASE("initializer.glorot_normal: deviation √(2 / (in + out))") {
    has(of(gr::glorot_normal{}, {784, 128}), 0, 0.046829294);  // √(2 / 912)
    has(of(gr::glorot_normal{}, {1, 7}), 0, 0.5);              // √(2 / 8)
}
TEST_CASE("initializer.he_uniform: within √(6 / in)") {
    fills(of(gr::he_uniform{}, {784, 128}), 0.087481777);  // √(6 / 784)
    fills(of(gr::he_uniform{}, {6, 1}), 1);
}
TEST_CASE("initializer.he_normal: deviation √(2 / in)") {
    has(of(gr::he_normal{}, {784, 128}), 0, 0.050507627);  // √(2 / 784)
    has(of(gr::he_normal{}, {8, 1}), 0, 0.5);
}
TEST_CASE("initializer.glorot_uniform: keeps the variance of a layer's output that of its input") {
    // y = xW with x of variance 1: in · l² / 3 = 2 in / (in + out), which is 1 where the two are equal
    const double l = of(gr::glorot_uniform{}, {64, 64}).high;
    CHECK(64 * l * l / 3 == doctest::Approx(1).epsilon(0.01));
}
TEST_CASE("initializer: the same numbers for ever, one stream for each key") {
    const gr::fan f{8, 3};
    CHECK(gr::glorot_uniform{}(7, 5, f) == -0.24189037967752564);
    CHECK(gr::he_uniform{}(7, 5, f) == -0.28364161224728479);
    CHECK(gr::normal{0, 1}(7, 5, f) == -0x1.b0e4f14ed7d19p-2);
    CHECK(gr::glorot_normal{}(7, 5, f) == -0.18026050072865762);
    CHECK(gr::he_normal{}(7, 5, f) == -0.21137417337283962);
    gr::seed(7);
    const auto net = gr::sequential(gr::dense(2, 3));
    CHECK(net.layer<0>().theta.W(0, 0) == 0.927980065f);
    CHECK(net.layer<0>().theta.W(1, 2) == -0.411115408f);
    CHECK(gr::he_normal{}(7, 5, {2, 3}) != gr::he_normal{}(8, 5, {2, 3}));
    CHECK(gr::he_normal{}(7, 5, {2, 3}) != gr::he_normal{}(7, 6, {2, 3}));
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
