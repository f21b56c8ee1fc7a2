// labels: threads
#include "dropout.hpp"

#include <doctest/doctest.h>

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

auto network() {
    gr::seed(3);
    return gr::sequential(gr::dense(6, 16, gr::tanh{}), probes::dropout{0.4}, gr::dense(16, 3));
}
gr::dataset<matrix, matrix> data(std::size_t n) {
    return {support::draw<matrix>({n, 6}, 1), support::draw<matrix>({n, 3}, 2)};
}

}  // namespace

TEST_CASE("probe.dropout: gradient, with the mask of the check's own stream") {
    CHECK(gr::gradient_check(probes::dropout{0.4}, support::draw<matrix>({5, 4}, 1)));
    CHECK(gr::gradient_check(network(), support::draw<matrix>({5, 6}, 1)));
}

TEST_CASE("probe.dropout: drops a share p and keeps the mean") {
    const probes::dropout layer{0.3};
    const matrix x({100, 50}, 1.0f);
    gr::pass pass(layer, x);
    const auto& y = gr::forward(layer, x, pass);
    double kept = 0, sum = 0;
    for (float v : gr::flat(y)) kept += v != 0 ? 1 : 0, sum += static_cast<double>(v);
    CHECK(kept / 5000 == doctest::Approx(0.7).epsilon(0.03));
    CHECK(sum / 5000 == doctest::Approx(1).epsilon(0.03));
}

TEST_CASE("probe.dropout: one mask per step, however often forward runs; inference changes nothing") {
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
    without.layer<1>().theta = net.layer<2>().theta;  // drawn anew in its new place
    CHECK(support::same(net.forward(x, pass), gr::predict(without, x)));
    CHECK(support::same(gr::predict(net, x), gr::predict(without, x)));
}

TEST_CASE("probe.dropout: forwards draw the same until a backward has used them; a step sets its own number") {
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

TEST_CASE("probe.dropout: two layers of a network do not share their masks") {
    const auto net = gr::sequential(probes::dropout{0.5}, probes::dropout{0.5});
    const matrix x({40, 25}, 1.0f);
    gr::pass pass(net, x);
    double kept = 0;
    for (float v : gr::flat(net.forward(x, pass))) kept += v != 0 ? 1 : 0;
    CHECK(kept / 1000 == doctest::Approx(0.25).epsilon(0.15));  // one mask twice would keep a half
}

TEST_CASE("probe.dropout: a batch in one piece and in shards draw the same") {
    const probes::dropout layer{0.5};
    const matrix x({10, 7}, 1.0f), head({4, 7}, 1.0f), tail({6, 7}, 1.0f);
    gr::pass whole(layer, x), first(layer, x), second(layer, x);
    second.first_row = 4;
    const matrix y = gr::forward(layer, x, whole), a = gr::forward(layer, head, first), b = gr::forward(layer, tail, second);
    CHECK(std::equal(a.begin(), a.end(), y.begin()));
    CHECK(std::equal(b.begin(), b.end(), y.begin() + 28));
}

TEST_CASE("probe.dropout: fit with one thread, with two, and resumed") {
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
    CHECK(support::difference(two, one) < 1e-5);  // another mask in one shard would be an error of order 1
    CHECK(support::same(two, trained(2, {4})));
    CHECK(support::same(two, trained(2, {1, 3})));
    CHECK(support::same(one, trained(1, {3, 1})));
}
