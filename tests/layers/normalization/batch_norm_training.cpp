// labels: threads
// Batch normalization in a network: fit, threads, evaluate, saving.
#include <doctest/doctest.h>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/normalization/batch_norm.hpp"

#include "../../io/temporary_folder.hpp"
#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using support::draw;

namespace {

auto network() {
    gr::seed(5);
    return gr::sequential(gr::batch_norm(3), gr::dense(3, 8, gr::tanh{}), gr::named("inner", gr::batch_norm(8, gr::keras_batch_norm)),
                          gr::dense(8, 2));
}
gr::dataset<matrix, matrix> data(std::size_t n) { return {draw<matrix>({n, 3}, 1, -3, 5), draw<matrix>({n, 2}, 2)}; }

auto fitted(std::size_t threads, std::size_t epochs = 1, std::size_t batch_size = 37, std::size_t accumulate = 1) {
    auto net = network();
    gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 0.05}, data(37),
            {.epochs = epochs, .batch_size = batch_size, .accumulate = accumulate, .threads = threads, .progress = gr::show::never});
    return net;
}

}  // namespace

TEST_CASE("batch_norm.pytorch_momentum, moments.merge: fit on any number of threads learns the statistics of the whole batch, once") {
    const auto one = fitted(1);
    const auto& known = one.layer<0>().theta.running;
    gr::kernels::channelwise<float> channels;
    channels.resize(37, 3);
    gr::tensor<float, 1> mean({3}, 0.0f), variance({3}, 0.0f);
    channels.moments(data(37).x.data(), mean.data(), variance.data());
    for (std::size_t d = 0; d < 3; ++d) {
        CHECK(known.mean(d) == doctest::Approx(0.1f * mean(d)).epsilon(1e-5));
        CHECK(known.variance(d) == doctest::Approx(0.9f + 0.1f * variance(d) * 37 / 36).epsilon(1e-5));
    }
    for (const std::size_t threads : {2u, 3u}) {
        CAPTURE(threads);
        const auto net = fitted(threads);
        const auto& seen = net.layer<0>().theta.running;
        CHECK(seen.count(0) == 1);  // one step, not one for each thread
        CHECK(support::difference(seen.mean, known.mean) <= 1e-6);
        CHECK(support::difference(seen.variance, known.variance) <= 1e-6);
    }
    CHECK(fitted(1, 1, 19, 2).layer<0>().theta.running.count(0) == 1);  // a step of two batches
}

TEST_CASE("batch_norm: over many steps, running statistics with one thread and with two stay close") {
    const auto one = fitted(1, 20, 16), two = fitted(2, 20, 16);
    const auto& a = one.layer<2>().theta.running;
    const auto& b = two.layer<2>().theta.running;
    CHECK(a.count(0) == 60);
    CHECK(b.count(0) == 60);
    CHECK(support::difference(a.mean, b.mean) < 0.05);  // each shard is normalized separately: close, not equal
    CHECK(support::difference(a.variance, b.variance) < 0.05);
    CHECK(support::same(fitted(2, 20, 16).layer<2>().theta.running.mean, b.mean));  // the same run bit for bit
}

TEST_CASE("batch_norm.inference: predict and evaluate use what is known, whatever the batch") {
    const auto net = fitted(1, 5, 16);
    const auto set = data(37);
    const matrix all = gr::predict(net, set.x);
    matrix one({1, 3});
    std::copy_n(set.x.data() + 3 * 11, 3, one.data());
    const matrix alone = gr::predict(net, one);
    CHECK(support::difference(static_cast<double>(alone(0, 0)), static_cast<double>(all(11, 0))) <= 1e-6);
    CHECK(gr::evaluate(net, gr::mse{}, set).loss == doctest::Approx(gr::mse{}.value(all, set.y)));
    auto other = net;
    other.layer<0>().theta.running.mean.fill(2);
    CHECK_FALSE(support::same(gr::predict(other, set.x), all));
}

TEST_CASE("batch_norm: statistics are saved and loaded by their paths, and training goes on bit for bit") {
    const temporary_folder folder;
    const auto set = data(40);
    const gr::fit_options<matrix, matrix> how{.epochs = 2, .batch_size = 8, .threads = 2, .progress = gr::show::never};
    auto net = network();
    gr::optimizer descend(net, gr::adam{});
    gr::fit(net, gr::mse{}, descend, set, how);
    gr::save(folder / "net.npz", net, descend);
    const gr::io::npz_reader in(folder / "net.npz");
    CHECK(in.contains("inner.running.mean"));
    CHECK(in.contains("0.gamma"));
    CHECK_FALSE(in.contains("optimizer/m/0.running.mean"));

    auto other = network();
    gr::optimizer resumed(other, gr::adam{});
    gr::load(folder / "net.npz", other, resumed);
    CHECK(other.layer<0>().theta.running.count(0) == 10);
    CHECK(support::same(gr::predict(other, set.x), gr::predict(net, set.x)));
    gr::fit(net, gr::mse{}, descend, set, how), gr::fit(other, gr::mse{}, resumed, set, how);
    CHECK(support::same(gr::predict(other, set.x), gr::predict(net, set.x)));
    CHECK(support::same(other.layer<2>().theta.running.variance, net.layer<2>().theta.running.variance));
}

TEST_CASE("batch_norm: a last batch of one row is told, with its layer") {
    auto net = network();
    CHECK(support::message_of([&] {
              gr::fit(net, gr::mse{}, gr::adam{}, data(37), {.batch_size = 36, .progress = gr::show::never});
          }) == "batch_norm #0: σ² of a batch needs more than one row, got x of (1, 3): each thread's share of a batch, the last "
                "one too, is normalized by itself; choose another batch size");
}

TEST_CASE("batch_norm: neither count nor clipping nor decay take statistics, γ or β for weights") {
    auto net = network();
    CHECK(gr::count(net) == 3 + 3 + 3 * 8 + 8 + 8 + 8 + 8 * 2 + 2);
    gr::optimizer descend(net, gr::sgd{.learning_rate = 0.1, .decay = {.coupled = 0.5, .spare_biases = true}});
    gr::gradients nothing(net);
    descend(net, nothing);
    CHECK(net.layer<0>().theta.gamma(0) == 1);  // no weight decay
    CHECK(net.layer<0>().theta.running.count(0) == 0);
    CHECK(gr::summary(net, {3}).find("0 batch_norm") != std::string::npos);
    CHECK(gr::gradient_check(net, draw<matrix>({6, 3}, 1)));
}
