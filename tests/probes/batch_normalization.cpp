// labels: threads
#include "batch_normalization.hpp"

#include <doctest/doctest.h>

#include "../io/temporary_folder.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "xtensor.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// Mean and biased variance of a column, in double.
std::pair<double, double> moments_of(const matrix& x, std::size_t d) {
    double mean = 0, m2 = 0;
    const auto n = static_cast<double>(x.shape()[0]);
    for (std::size_t i = 0; i < x.shape()[0]; ++i) mean += static_cast<double>(x(i, d)) / n;
    for (std::size_t i = 0; i < x.shape()[0]; ++i) m2 += std::pow(static_cast<double>(x(i, d)) - mean, 2);
    return {mean, m2 / n};
}

auto network() {
    gr::seed(5);
    return gr::sequential(probes::batch_normalization<>(3), gr::dense(3, 2, gr::tanh{}));
}

}  // namespace

TEST_CASE("probe.batch_normalization: gradients in training and in inference") {
    auto layer = probes::batch_normalization<>(3);
    layer.theta.gamma = {0.5f, -1.5f, 2};
    layer.theta.running.mean = {0.1f, 0.2f, 0.3f};
    layer.theta.running.variance = {0.5f, 1.5f, 2.5f};
    const auto x = support::draw<matrix>({6, 3}, 1);
    CHECK(gr::gradient_check(layer, x));
    CHECK(gr::gradient_check(layer, x, {.training = false}));
    CHECK(gr::gradient_check(network(), x));
}

TEST_CASE("probe.batch_normalization: training reads the batch, inference what all batches have shown") {
    const auto layer = probes::batch_normalization<>(1);
    const matrix x{{1}, {3}};
    gr::pass pass(layer);
    const matrix training = gr::forward(layer, x, pass);
    CHECK(training(0, 0) == doctest::Approx(-1).epsilon(1e-4));  // (1 − 2) / √(1 + ε)
    CHECK(training(1, 0) == doctest::Approx(1).epsilon(1e-4));
    CHECK(gr::predict(layer, x)(1, 0) == doctest::Approx(3).epsilon(1e-4));  // nothing known yet: (3 − 0) / √(1 + ε)
}

TEST_CASE("probe.batch_normalization: fit on two threads learns the statistics of the whole batch") {
    const gr::dataset data(support::draw<matrix>({37, 3}, 1, -3, 5), support::draw<matrix>({37, 2}, 2));
    for (std::size_t threads = 1; threads <= 3; ++threads) {
        CAPTURE(threads);
        auto net = network();
        gr::fit(net, gr::mse{}, gr::gradient_descent{}, data,
                {.batch_size = 37, .threads = threads, .progress = gr::show::never});
        const auto& running = net.layer<0>().theta.running;
        CHECK(running.count(0) == 1);  // one step, not one per thread
        for (std::size_t d = 0; d < 3; ++d) {
            const auto [mean, variance] = moments_of(data.x, d);
            CHECK(running.mean(d) == doctest::Approx(0.1 * mean).epsilon(1e-5));
            CHECK(running.variance(d) == doctest::Approx(0.9 + 0.1 * variance).epsilon(1e-5));
        }
    }
}

TEST_CASE("moments.merge: shards of any size add up to the whole (Chan); nothing merged with nothing is nothing") {
    const auto x = support::draw<matrix>({11, 2}, 4, 90, 110);
    gr::moments<float> total(2);
    total.clear();
    total.merge(total);
    CHECK(total.count(0) == 0);
    for (auto [first, last] : {std::pair{0u, 1u}, {1u, 1u}, {1u, 7u}, {7u, 11u}}) {
        gr::moments<float> shard(2);
        shard.clear();
        shard.count(0) = last - first;
        if (last > first)
            for (std::size_t d = 0; d < 2; ++d) {
                const matrix part = xt::view(x, xt::range(first, last), xt::all());
                const auto [mean, variance] = moments_of(part, d);
                shard.mean(d) = static_cast<float>(mean), shard.variance(d) = static_cast<float>(variance);
            }
        total.merge(shard);
    }
    CHECK(total.count(0) == 11);
    for (std::size_t d = 0; d < 2; ++d) {
        CHECK(total.mean(d) == doctest::Approx(moments_of(x, d).first).epsilon(1e-6));
        CHECK(total.variance(d) == doctest::Approx(moments_of(x, d).second).epsilon(1e-4));
    }
}

TEST_CASE("probe.batch_normalization: statistics are no gradients") {
    auto net = network();
    const auto x = support::draw<matrix>({8, 3}, 1, 1, 2);
    gr::pass pass(net);
    gr::gradients grad(net);
    const matrix y = net.forward(x, pass);
    net.backward(x, y, pass, grad);
    const auto& seen = std::get<0>(grad.values.layers).running;
    const double mean = moments_of(x, 0).first, norm = grad.norm();

    grad *= 0.5;  // what clipping does
    CHECK(grad.norm() == doctest::Approx(norm / 2));
    CHECK(seen.mean(0) == doctest::Approx(mean));
    CHECK(seen.count(0) == 8);
    grad += grad;  // accumulation over batches merges
    CHECK(seen.count(0) == 16);
    CHECK(seen.mean(0) == doctest::Approx(mean));

    gr::optimizer descend(net, gr::adam{});
    descend(net, grad);
    CHECK(net.layer<0>().theta.running.mean(0) == doctest::Approx(0.1 * mean));
    CHECK(gr::count(net) == 3 + 3 + 6 + 2);  // nor are they learnt numbers
    grad.zero();
    CHECK(seen.count(0) == 0);
    descend(net, grad);  // a step that has seen no batch changes no statistics
    CHECK(net.layer<0>().theta.running.mean(0) == doctest::Approx(0.1 * mean));
}

TEST_CASE("probe.batch_normalization: statistics are saved and loaded") {
    const temporary_folder folder;
    const gr::dataset data(support::draw<matrix>({20, 3}, 1, -3, 5), support::draw<matrix>({20, 2}, 2));
    auto net = network();
    gr::fit(net, gr::mse{}, gr::adam{}, data, {.epochs = 3, .batch_size = 8, .threads = 2, .progress = gr::show::never});
    gr::save(folder / "net.npz", net);
    auto other = network();
    gr::load(folder / "net.npz", other);
    CHECK(other.layer<0>().theta.running.count(0) == 9);
    CHECK(support::same(other.layer<0>().theta.running.variance, net.layer<0>().theta.running.variance));
    CHECK(support::same(gr::predict(other, data.x), gr::predict(net, data.x)));
}
