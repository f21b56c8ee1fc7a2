#include "gradus/training/callbacks.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "gradus.hpp"
#include "gradus/optimizers/schedule.hpp"

#include "../support/close.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

constexpr auto quiet = gr::show::never;

auto line() {
    gr::seed(3);
    return gr::sequential(gr::dense(1, 1));
}
/// y = 2x at eight points.
gr::dataset<matrix, matrix> straight() {
    matrix x({8, 1}), y({8, 1});
    for (std::size_t i = 0; i < 8; ++i) x(i, 0) = static_cast<float>(i) / 4 - 1, y(i, 0) = 2 * x(i, 0);
    return {x, y};
}
/// Makes the network better or worse by hand, epoch by epoch: W is set to what is given.
struct script {
    std::vector<float> W;
    void after_step(auto& now) {
        auto& theta = now.net.template layer<0>().theta;
        theta.W(0, 0) = W[now.epoch], theta.b(0) = 0;
    }
};
/// Writes down each moment of training.
struct recorder {
    std::vector<int>& log;
    void before_training(auto&) { log.push_back(0); }
    void before_step(auto& now) { log.push_back(10 + static_cast<int>(now.descend.t)); }
    void after_step(auto& now) { log.push_back(20 + static_cast<int>(now.descend.t)); }
    void after_epoch(auto& now) { log.push_back(30 + static_cast<int>(now.epoch)); }
    void after_training(auto&) { log.push_back(99); }
};

}  // namespace

TEST_CASE("callbacks: each is called at its moment, in the order given; a lambda after each epoch") {
    std::vector<int> log;
    auto net = line();
    gr::fit(net, gr::mse{}, gr::gradient_descent{}, straight(), {.epochs = 2, .batch_size = 4, .progress = quiet},
            recorder{log}, [&](auto& now) { log.push_back(static_cast<int>(40 + now.so_far.loss.size())); });
    CHECK(log == std::vector{0, 10, 21, 11, 22, 30, 41, 12, 23, 13, 24, 31, 42, 99});
}

TEST_CASE("callbacks: one may end training, after a step or after an epoch") {
    auto net = line();
    const auto h = gr::fit(net, gr::mse{}, gr::gradient_descent{}, straight(), {.epochs = 9, .batch_size = 4, .progress = quiet},
                           [](auto& now) { now.stop = now.epoch == 2; });
    CHECK(h.loss.size() == 3);
    CHECK_FALSE(h.interrupted);
    gr::optimizer descend(net, gr::gradient_descent{});
    const auto part = gr::fit(net, gr::mse{}, descend, straight(), {.epochs = 9, .batch_size = 4, .progress = quiet},
                              gr::every_step([](auto& now) { now.stop = now.descend.t == 3; }));
    CHECK(part.interrupted);  // within its second epoch
    CHECK(part.samples == 12);
    CHECK(descend.t == 3);
    CHECK(descend.epoch == 1);
}

TEST_CASE("early_stopping: waits as long as it is told, and gives the best network back") {
    auto net = line();
    gr::early_stopping stop(net, {.patience = 2});
    const auto data = straight();
    // W − 2, and so the loss, by epoch: 2 1 0.5 0.6 0.7
    const auto h = gr::fit(net, gr::mse{}, gr::gradient_descent{}, data,
                           {.epochs = 6, .batch_size = 8, .validation = data, .progress = quiet},
                           script{{0, 1, 1.5f, 1.4f, 1.3f, 2}}, stop);
    CHECK(h.loss.size() == 5);
    CHECK(stop.best_epoch() == 2);
    CHECK(stop.best() == h.validation_loss[2]);
    CHECK(net.layer<0>().theta.W(0, 0) == 1.5f);
    CHECK(gr::evaluate(net, gr::mse{}, data).loss == stop.best());
}
TEST_CASE("early_stopping: a gain below min_delta is none; the last network stays where the best is not asked for") {
    auto net = line();
    gr::early_stopping stop(net, {.patience = 1, .min_delta = 0.5, .restore_best = false});
    const auto data = straight();
    const auto h = gr::fit(net, gr::mse{}, gr::gradient_descent{}, data,
                           {.epochs = 6, .batch_size = 8, .validation = data, .progress = quiet},
                           script{{0, 0.05f, 0, 0, 0, 0}}, stop);
    CHECK(h.loss.size() == 2);
    CHECK(net.layer<0>().theta.W(0, 0) == 0.05f);
}
TEST_CASE("early_stopping: watches accuracies upwards, and may serve a second run") {
    gr::seed(1);
    auto net = gr::sequential(gr::dense(2, 8, gr::tanh{}), gr::dense(8, 1));
    gr::early_stopping stop(net, {.what = gr::watch::accuracy, .patience = 80});
    const auto h = gr::fit(net, gr::binary_cross_entropy{}, gr::adam{.learning_rate = 0.05}, gr::data::xor_gate(),
                           {.epochs = 500, .progress = quiet}, stop);
    CHECK(h.loss.size() < 500);
    CHECK(stop.best() == 1);
    CHECK(h.loss.size() == stop.best_epoch() + 81);
    const auto again = gr::fit(net, gr::binary_cross_entropy{}, gr::adam{.learning_rate = 0.05}, gr::data::xor_gate(),
                               {.epochs = 500, .progress = quiet}, stop);
    CHECK(again.loss.size() == 81);
    CHECK(stop.best_epoch() == 0);
}
TEST_CASE("early_stopping: gives the best network back where training ends in no number") {
    auto net = line();
    const auto data = straight();
    gr::early_stopping stop(net, {.patience = 9});
    CHECK_THROWS_AS(gr::fit(net, gr::mse{}, gr::gradient_descent{}, data,
                            {.epochs = 6, .batch_size = 8, .validation = data, .progress = quiet},
                            script{{0, 1.5f, 1e30f, 1, 1, 1}}, stop),
                    gr::diverged);
    CHECK(net.layer<0>().theta.W(0, 0) == 1.5f);
}
TEST_CASE("early_stopping: the best network has the statistics of its batches, too") {
    gr::seed(1);
    auto net = gr::sequential(gr::batch_norm(1), gr::dense(1, 1));
    gr::early_stopping stop(net, {.what = gr::watch::loss, .patience = 2});
    std::vector<float> means;
    const auto note = [&](auto& now) {
        means.push_back(now.net.template layer<0>().theta.running.mean(0));
        now.descend.options.learning_rate = 10;  // from now on worse
    };
    gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 0.01}, straight(),
            {.epochs = 6, .batch_size = 8, .progress = quiet}, stop, note);
    REQUIRE(means.size() > stop.best_epoch() + 1);
    CHECK(means.back() != means[stop.best_epoch()]);
    CHECK(net.layer<0>().theta.running.mean(0) == means[stop.best_epoch()]);
}
TEST_CASE("early_stopping: says what it misses") {
    auto net = line();
    gr::early_stopping stop(net), judge(net, {.what = gr::watch::accuracy});
    CHECK_THROWS_WITH_AS(gr::fit(net, gr::mse{}, gr::adam{}, straight(), {.progress = quiet}, stop),
                         "early_stopping: watches the validation, and fit was given none: set .validation, or watch "
                         "gradus::watch::loss",
                         gr::data_error);
    CHECK_THROWS_WITH_AS(gr::fit(net, gr::mse{}, gr::adam{}, straight(), {.progress = quiet}, judge),
                         "early_stopping: watches the accuracy, and this loss judges no classes", gr::data_error);
}

TEST_CASE("scheduled: the rate of each step, or of each epoch, goes on in a second run") {
    auto net = line();
    gr::optimizer descend(net, gr::gradient_descent{});
    std::vector<double> rates;
    auto note = gr::every_step([&](auto& now) { rates.push_back(now.descend.options.learning_rate); });
    const auto halves = [](std::uint64_t t) { return 1.0 / static_cast<double>(1 + t); };
    auto h = gr::fit(net, gr::mse{}, descend, straight(), {.epochs = 1, .batch_size = 4, .progress = quiet},
                     gr::scheduled(halves), note);
    CHECK(rates == std::vector{1.0, 0.5});
    CHECK(h.learning_rate == std::vector{0.5});
    h = gr::fit(net, gr::mse{}, descend, straight(), {.epochs = 1, .batch_size = 4, .progress = quiet},
                gr::scheduled(halves), note);
    CHECK(rates == std::vector{1.0, 0.5, 1.0 / 3, 0.25});
    h = gr::fit(net, gr::mse{}, descend, straight(), {.epochs = 2, .batch_size = 4, .progress = quiet},
                gr::scheduled(halves, gr::per::epoch));
    CHECK(h.learning_rate == std::vector{1.0 / 3, 0.25});
}
TEST_CASE("scheduled: one-cycle sets the momentum, by the name that the optimizer has for it") {
    auto net = line();
    const gr::schedule::one_cycle cycle{.learning_rate = 0.1, .steps = 10};
    const auto check = [&](const auto& options, auto momentum_of) {
        gr::optimizer descend(net, options);
        gr::fit(net, gr::mse{}, descend, straight(), {.epochs = 2, .batch_size = 4, .progress = quiet}, gr::scheduled(cycle));
        CHECK(descend.options.learning_rate == cycle(3));
        CHECK(momentum_of(descend.options) == cycle.momentum(3));
    };
    check(gr::adam{}, [](const auto& o) { return o.beta1; });
    check(gr::sgd{}, [](const auto& o) { return o.momentum; });
}

TEST_CASE("on_plateau: begins with the optimizer's rate and lowers it where nothing gets better") {
    auto net = line();
    const auto data = straight();
    const auto h = gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 0.2}, data,
                           {.epochs = 5, .batch_size = 8, .validation = data, .progress = quiet},
                           script{{0, 1, 1, 1, 1}}, gr::on_plateau({.factor = 0.5, .patience = 1}));
    CHECK(h.learning_rate == std::vector{0.2, 0.2, 0.2, 0.2, 0.1});  // two epochs without gain: the third and the fourth
}
TEST_CASE("every_step: an average of the parameters over the steps") {
    auto net = line();
    gr::moving_average average(net, {.beta = 0.5});
    float expected = net.layer<0>().theta.W(0, 0);
    gr::fit(net, gr::mse{}, gr::gradient_descent{}, straight(), {.epochs = 3, .batch_size = 4, .progress = quiet},
            gr::every_step([&](auto& now) {
                average(now.net);
                expected = 0.5f * expected + 0.5f * now.net.template layer<0>().theta.W(0, 0);
            }));
    CHECK(std::get<0>(average.values.layers).W(0, 0) == doctest::Approx(expected));
}
