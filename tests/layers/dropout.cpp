// labels: threads
#include "gradus/layers/dropout.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

auto network() {
    gr::seed(3);
    return gr::sequential(gr::dense(6, 16, gr::tanh{}), gr::dropout{0.4}, gr::dense(16, 3));
}
gr::dataset<matrix, matrix> data(std::size_t n) {
    return {support::draw<matrix>({n, 6}, 1), support::draw<matrix>({n, 3}, 2)};
}

}  // namespace

TEST_CASE_TEMPLATE("dropout.forward, dropout.backward: by hand: each element is dropped or doubled", T, float, double) {
    const gr::dropout layer{0.5};
    const gr::tensor<T, 2> x = {{1, -2, 3, 4, 5}, {6, 7, 8, 9, 10}}, dy({2, 5}, T(10));
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    const gr::tensor<T, 2> y = gr::forward(layer, x, pass), dx = gr::backward(layer, x, dy, pass, none);
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t i = 0; i < 5; ++i) {
            const auto words = gr::random::philox({static_cast<std::uint32_t>(n), 0, static_cast<std::uint32_t>(i / 4), 0},
                                                  {static_cast<std::uint32_t>(pass.context().key),
                                                   static_cast<std::uint32_t>(pass.context().key >> 32)});
            const bool kept = words[i % 4] >= 0x80000000u;
            CHECK(y(n, i) == (kept ? 2 * x(n, i) : T(0)));
            CHECK(dx(n, i) == T(kept ? 20 : 0));
        }
}

TEST_CASE_TEMPLATE("dropout.forward, dropout.backward: PyTorch's values, with the mask that it drew", T, float, double) {
    using rows = gr::tensor<T, 2>;
    const gr::dropout layer{0.375};
    const auto x = support::pytorch<rows>("layers/dropout.x"), dy = support::pytorch<rows>("layers/dropout.dy");
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    (void)gr::forward(layer, x, pass);
    CHECK(pass.cache.m.shape() == x.shape());
    pass.cache.m = support::pytorch<rows>("layers/dropout.m");
    CHECK(support::difference(gr::backward(layer, x, dy, pass, none), support::pytorch<gr::tensor<double, 2>>("layers/dropout.dx")) <=
          support::tolerance<T>());
    // elements that both masks keep are equal
    const auto expected = support::pytorch<rows>("layers/dropout.y");
    const rows y = gr::forward(layer, x, pass);
    std::size_t both = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        if (y.data()[i] != 0 && expected.data()[i] != 0) {
            ++both;
            CHECK(support::difference(static_cast<double>(y.data()[i]), static_cast<double>(expected.data()[i])) <= support::tolerance<T>());
        }
    CHECK(both > 30);
}

TEST_CASE("dropout.backward: central differences, with the mask of the check's own stream") {
    CHECK(gr::gradient_check(gr::dropout{0.4}, support::draw<matrix>({5, 4}, 1)));
    CHECK(gr::gradient_check(gr::dropout{0.4}, support::draw<gr::tensor<float, 4>>({2, 3, 2, 3}, 1)));
    CHECK(gr::gradient_check(gr::dropout{0.4}, support::draw<matrix>({5, 4}, 1), {.training = false}));
    CHECK(gr::gradient_check(gr::dropout{0}, support::draw<matrix>({5, 4}, 1)));
    CHECK(gr::gradient_check(network(), support::draw<matrix>({5, 6}, 1)));
}

TEST_CASE("dropout.forward: drops a share p and keeps the mean, of every element of a row") {
    for (const double p : {0.01, 0.3, 0.9}) {
        CAPTURE(p);
        const gr::dropout layer{p};
        const matrix x({4000, 5}, 1.0f);
        gr::pass pass(layer, x);
        const auto& y = gr::forward(layer, x, pass);
        double sum = 0;
        for (std::size_t i = 0; i < 5; ++i) {
            double dropped = 0;
            for (std::size_t n = 0; n < 4000; ++n) dropped += y(n, i) == 0 ? 1 : 0, sum += static_cast<double>(y(n, i));
            CHECK(std::abs(dropped / 4000 - p) < 4 * std::sqrt(p * (1 - p) / 4000));
        }
        CHECK(std::abs(sum / 20000 - 1) < 4 * std::sqrt(p / (1 - p) / 20000));
    }
}

TEST_CASE("dropout: p = 0 changes nothing; p outside [0, 1) is told with its place") {
    const auto x = support::draw<matrix>({3, 4}, 1);
    gr::pass pass(gr::dropout{0}, x);
    CHECK(support::same(gr::forward(gr::dropout{0}, x, pass), x));
    CHECK(support::message_of([] { (void)gr::sequential(gr::dense(2, 3), gr::dropout{1}); }) ==
          "dropout #1: y = x ∘ m / (1 − p) needs p in [0, 1), got 1");
    for (const double p : {-0.1, 1.5, std::nan("")})
        CHECK(support::message_of([&] { (void)gr::forward(gr::dropout{p}, x, pass); }).starts_with("dropout: y = x ∘ m"));
    gr::no_parameters none;
    (void)gr::forward(gr::dropout{0.5}, x, pass);
    CHECK(support::message_of([&] { (void)gr::backward(gr::dropout{0.5}, x, matrix({3, 5}, 1.0f), pass, none); }) ==
          "dropout: dx = dy ∘ m / (1 − p) needs dy shaped as y (3, 4), got (3, 5)");
}

TEST_CASE("dropout: one mask per step, however often forward runs; inference changes nothing") {
    const auto net = network();
    const auto x = support::draw<matrix>({8, 6}, 1);
    gr::pass pass(net);
    const matrix first = net.forward(x, pass), again = net.forward(x, pass);
    CHECK(support::same(first, again));

    gr::pass other(net);
    CHECK(support::same(first, net.forward(x, other)));  // another pass, the same step
    other.step = 1;
    CHECK_FALSE(support::same(first, net.forward(x, other)));

    pass.training = false;
    auto without = gr::sequential(net.layer<0>(), net.layer<2>());
    without.layer<1>().theta = net.layer<2>().theta;  // its path differs, so it was drawn anew
    CHECK(support::same(net.forward(x, pass), gr::predict(without, x)));
    CHECK(support::same(gr::predict(net, x), gr::predict(without, x)));
}

TEST_CASE("dropout: forwards draw the same until a backward has used them; a step sets its own number") {
    auto net = network();
    const auto x = support::draw<matrix>({8, 6}, 1);
    auto still = gr::optimizer(net, gr::gradient_descent{.learning_rate = 0});
    gr::pass pass(net);
    gr::gradients grad(net);
    const matrix before = net.forward(x, pass);
    CHECK(support::same(before, net.forward(x, pass)));
    net.backward(x, before, pass, grad);
    still(net, grad);
    const matrix after = net.forward(x, pass);
    CHECK_FALSE(support::same(before, after));

    gr::pass resumed(net);
    still(net, grad, resumed);
    CHECK(resumed.step == 2);
    resumed.step = 1;
    CHECK(support::same(after, net.forward(x, resumed)));
}

TEST_CASE("dropout: two layers of a network do not share their masks") {
    const auto net = gr::sequential(gr::dropout{0.5}, gr::dropout{0.5});
    const matrix x({40, 25}, 1.0f);
    gr::pass pass(net, x);
    double kept = 0;
    for (float v : gr::flat(net.forward(x, pass))) kept += v != 0 ? 1 : 0;
    CHECK(kept / 1000 == doctest::Approx(0.25).epsilon(0.15));  // with one mask twice it would be 1/2
}

TEST_CASE("dropout: a batch in one piece and in shards draw the same") {
    const gr::dropout layer{0.5};
    const matrix x({10, 7}, 1.0f), head({4, 7}, 1.0f), tail({6, 7}, 1.0f);
    gr::pass whole(layer, x), first(layer, x), second(layer, x);
    second.first_row = 4;
    const matrix y = gr::forward(layer, x, whole), a = gr::forward(layer, head, first), b = gr::forward(layer, tail, second);
    CHECK(std::equal(a.begin(), a.end(), y.begin()));
    CHECK(std::equal(b.begin(), b.end(), y.begin() + 28));
}

TEST_CASE("dropout: fit with one thread, with two, and resumed") {
    const auto set = data(50);
    const auto trained = [&](std::size_t threads, std::initializer_list<std::size_t> epochs) {
        auto net = network();
        gr::optimizer descend(net, gr::adam{.learning_rate = 0.01});
        for (std::size_t e : epochs)
            gr::fit(net, gr::mse{}, descend, set,
                    {.epochs = e, .batch_size = 16, .threads = threads, .progress = gr::show::never});
        return gr::predict(net, set.x);
    };
    const auto one = trained(1, {4}), two = trained(2, {4});
    CHECK(support::difference(two, one) < 1e-5);  // another mask in one shard would make an error of order 1
    CHECK(support::same(two, trained(2, {4})));
    CHECK(support::same(two, trained(2, {1, 3})));
    CHECK(support::same(one, trained(1, {3, 1})));
}

TEST_CASE("dropout: a dy of another shape is told, where nothing is dropped too") {
    const gr::dropout layer;
    const matrix x({2, 3}, 1.0f);
    gr::no_parameters none;
    for (bool training : {true, false}) {
        gr::pass pass(layer, x);
        pass.training = training;
        (void)gr::forward(layer, x, pass);
        CHECK(support::message_of([&] { (void)gr::backward(layer, x, matrix({2, 4}, 1.0f), pass, none); }) ==
              "dropout: dx = dy ∘ m / (1 − p) needs dy shaped as y (2, 3), got (2, 4)");
    }
}
