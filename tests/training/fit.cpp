// labels: threads
#include "gradus/training/fit.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include <unistd.h>

#include "gradus.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using labels = gr::tensor<std::int32_t, 1>;

namespace {

/// Points about three corners of a triangle: any classifier learns them.
gr::dataset<matrix, labels> clouds(std::size_t n) {
    matrix x = support::draw<matrix>({n, 2}, 1, -0.4, 0.4);
    labels y({n}, 0);
    for (std::size_t i = 0; i < n; ++i) {
        y(i) = static_cast<std::int32_t>(i % 3);
        x(i, 0) += y(i) == 1 ? 1.0f : 0.0f, x(i, 1) += y(i) == 2 ? 1.0f : 0.0f;
    }
    return {x, y};
}
auto classifier() {
    gr::seed(11);
    return gr::sequential(gr::dense(2, 16, gr::relu{}), gr::dense(16, 3));
}
template <class Net>
bool same(const Net& a, const Net& b) {
    bool equal = true;
    gr::each([&](const gr::entry&, const auto& p, const auto& q) { equal = equal && support::same(p, q); }, a, b);
    return equal;
}
template <class Net>
double apart(const Net& a, const Net& b) {
    double worst = 0;
    gr::each([&](const gr::entry&, const auto& p, const auto& q) { worst = std::max(worst, support::difference(p, q)); }, a, b);
    return worst;
}
constexpr auto quiet = gr::show::never;

}  // namespace

TEST_CASE("fit: learns the exclusive or, which no single layer can") {
    gr::seed(1);
    auto net = gr::sequential(gr::dense(2, 8, gr::tanh{}), gr::dense(8, 1));
    const auto data = gr::data::xor_gate();
    const auto history = gr::fit(net, gr::binary_cross_entropy{}, gr::adam{.learning_rate = 0.05}, data,
                                 {.epochs = 200, .batch_size = 4, .progress = quiet});
    CHECK(history.loss.front() > 0.5);
    CHECK(history.loss.back() < 0.05);
    CHECK(history.accuracy.back() == 1);
    CHECK(gr::classes(net, data.x) == labels{0, 1, 1, 0});
}

TEST_CASE("fit: learns small classes with each optimizer, and the history says how") {
    auto [train, validation] = gr::split(clouds(150), 0.8);
    const auto learn = [&train = train, &validation = validation](const auto& options) {
        auto net = classifier();
        const auto h = gr::fit(net, gr::cross_entropy{}, options, train,
                               {.epochs = 30, .batch_size = 16, .validation = validation, .progress = quiet});
        CHECK(h.loss.size() == 30);
        CHECK(h.accuracy.size() == 30);
        CHECK(h.validation_loss.size() == 30);
        CHECK(h.validation_accuracy.size() == 30);
        CHECK(h.loss.back() < 0.5 * h.loss.front());
        CHECK(h.accuracy.back() > 0.95);
        CHECK(h.validation_accuracy.back() > 0.9);
        CHECK(h.seconds > 0);
        CHECK(h.samples == 30 * train.size());
        CHECK_FALSE(h.interrupted);
        const auto score = gr::evaluate(net, gr::cross_entropy{}, validation);
        CHECK(score.loss == h.validation_loss.back());
        CHECK(score.accuracy == h.validation_accuracy.back());
    };
    learn(gr::gradient_descent{.learning_rate = 0.2});
    learn(gr::sgd{.learning_rate = 0.05});
    learn(gr::adam{.learning_rate = 0.01});
}

TEST_CASE("fit: without validation, or with a loss that judges nothing, those columns are empty") {
    gr::seed(1);
    auto net = gr::sequential(gr::dense(2, 1));
    const auto h = gr::fit(net, gr::mse{}, gr::gradient_descent{}, gr::data::xor_gate(), {.epochs = 3, .progress = quiet});
    CHECK(h.loss.size() == 3);
    CHECK(h.accuracy.empty());
    CHECK(h.validation_loss.empty());
    CHECK(h.validation_accuracy.empty());
}

TEST_CASE("fit: the history is the mean over samples, smaller last batch included; nothing learnt, nothing changes") {
    auto net = classifier();
    const auto start = net;
    const auto data = clouds(50);
    const auto h = gr::fit(net, gr::cross_entropy{}, gr::gradient_descent{.learning_rate = 0}, data,
                           {.epochs = 2, .batch_size = 16, .threads = 2, .progress = quiet});
    const auto score = gr::evaluate(net, gr::cross_entropy{}, data);
    CHECK(h.loss[0] == doctest::Approx(score.loss).epsilon(1e-6));
    CHECK(h.loss[1] == doctest::Approx(score.loss).epsilon(1e-6));
    CHECK(h.accuracy[0] == doctest::Approx(score.accuracy));
    CHECK(same(net, start));
}

TEST_CASE("fit: one step on the whole set is the textbook's loop") {
    const auto data = clouds(30);
    auto fitted = classifier(), by_hand = classifier();
    gr::fit(fitted, gr::cross_entropy{}, gr::adam{}, data, {.batch_size = 30, .shuffle = false, .progress = quiet});
    gr::cross_entropy J;
    gr::optimizer descend(by_hand, gr::adam{});
    gr::pass pass(by_hand);
    gr::gradients grad(by_hand);
    const auto& y_hat = by_hand.forward(data.x, pass);
    by_hand.backward(data.x, J.gradient(y_hat, data.y), pass, grad);
    descend(by_hand, grad);
    CHECK(same(fitted, by_hand));
}

TEST_CASE("fit: any number of threads learns what one does, each bit for bit the same again") {
    const auto data = clouds(90);
    const auto trained = [&](std::size_t threads) {
        auto net = classifier();
        const auto h = gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.01}, data,
                               {.epochs = 3, .batch_size = 32, .threads = threads, .progress = quiet});
        return std::pair(net, h.loss.back());
    };
    const auto [one, loss] = trained(1);
    CHECK(same(one, trained(1).first));
    for (std::size_t threads = 2; threads <= 4; ++threads) {
        const auto [several, several_loss] = trained(threads);
        CHECK(apart(several, one) < 1e-4);
        CHECK(several_loss == doctest::Approx(loss).epsilon(1e-4));
        const auto again = trained(threads);
        CHECK(same(several, again.first));
        CHECK(several_loss == again.second);
    }
}

TEST_CASE("fit: another seed is another run") {
    const auto data = clouds(90);
    auto a = classifier(), b = classifier();
    gr::fit(a, gr::cross_entropy{}, gr::adam{}, data, {.progress = quiet});
    gr::seed(12);
    gr::fit(b, gr::cross_entropy{}, gr::adam{}, data, {.progress = quiet});
    CHECK_FALSE(same(a, b));  // the same start, other batches
}

TEST_CASE("fit: a batch bigger than the set, more threads than rows, an epoch of one sample") {
    for (std::size_t n : {3u, 1u}) {
        CAPTURE(n);
        const auto data = clouds(n);
        auto one = classifier(), many = classifier();
        gr::fit(one, gr::cross_entropy{}, gr::sgd{}, data, {.epochs = 4, .batch_size = 3, .progress = quiet});
        const auto h = gr::fit(many, gr::cross_entropy{}, gr::sgd{}, data,
                               {.epochs = 4, .batch_size = 1000, .threads = 7, .progress = quiet});
        CHECK(h.loss.size() == 4);
        CHECK(apart(many, one) < 1e-5);
    }
}

TEST_CASE("fit: one call of four epochs is two of two with an optimizer that outlives them") {
    const auto data = clouds(40);
    auto whole = classifier(), parts = classifier();
    gr::optimizer a(whole, gr::adam{}), b(parts, gr::adam{});
    gr::fit(whole, gr::cross_entropy{}, a, data, {.epochs = 4, .batch_size = 16, .threads = 2, .progress = quiet});
    gr::fit(parts, gr::cross_entropy{}, b, data, {.epochs = 2, .batch_size = 16, .threads = 2, .progress = quiet});
    gr::fit(parts, gr::cross_entropy{}, b, data, {.epochs = 2, .batch_size = 16, .threads = 2, .progress = quiet});
    CHECK(same(whole, parts));
    CHECK(b.t == 12);
    CHECK(b.epoch == 4);
}

TEST_CASE("fit: what is wrong in one thread's share reaches the caller, and the next fit is as if nothing had been") {
    auto data = clouds(64);
    auto net = classifier();
    data.y(63) = 7;  // unshuffled: the last row of the second thread's share
    CHECK_THROWS_WITH_AS(gr::fit(net, gr::cross_entropy{}, gr::adam{}, data,
                                 {.batch_size = 64, .threads = 2, .shuffle = false, .progress = quiet}),
                         "cross_entropy: label 7 of row 31 is not one of 3 classes, counted from 0", gr::data_error);
    const auto wide = gr::dataset(matrix({4, 5}, 0.0f), labels{0, 1, 2, 0});
    CHECK_THROWS_WITH_AS(gr::fit(net, gr::cross_entropy{}, gr::adam{}, wide, {.threads = 2, .progress = quiet}),
                         "dense #0: y = f(xW + b) needs x of (N, 2), got (2, 5): W is (2, 16)", gr::shape_error);
    CHECK(same(net, classifier()));  // no step was taken
    data.y(63) = 0;
    CHECK(gr::fit(net, gr::cross_entropy{}, gr::adam{}, data, {.threads = 2, .progress = quiet}).loss.size() == 1);
}

TEST_CASE("fit: a batch size of 0 is an error, no epochs are no history") {
    auto net = classifier();
    CHECK_THROWS_WITH_AS(gr::fit(net, gr::cross_entropy{}, gr::adam{}, clouds(9), {.batch_size = 0, .progress = quiet}),
                         "fit: batch_size = 0 and accumulate = 1: both must be at least 1", gr::data_error);
    CHECK(gr::fit(net, gr::cross_entropy{}, gr::adam{}, clouds(9), {.epochs = 0, .progress = quiet}).loss.empty());
    CHECK(same(net, classifier()));
}

namespace {

std::atomic<int> caught{0};
extern "C" void catcher(int) { ++caught; }

/// A layer that asks for the end once it has run `after` forwards: Ctrl-C in the middle of an epoch.
struct interrupting {
    using parameters = gr::no_parameters;
    template <class X>
    struct cache {
        X y;
    };
    std::atomic<int>* left;
    const matrix& forward(const matrix& x, cache<matrix>& c) const {
        if (left->fetch_sub(1) == 1) std::raise(SIGINT);
        return c.y = x;
    }
    const matrix& backward(const matrix&, const matrix& dy, cache<matrix>&, parameters&) const { return dy; }
};

}  // namespace

TEST_CASE("fit: Ctrl-C ends it after the step under way, with its history, and the former handler is back") {
    auto* before = std::signal(SIGINT, catcher);
    for (std::size_t threads = 1; threads <= 2; ++threads) {
        std::atomic<int> left{static_cast<int>(7 * threads)};
        auto net = gr::sequential(gr::dense(2, 3), interrupting{&left});
        gr::optimizer descend(net, gr::adam{});
        const auto h = gr::fit(net, gr::cross_entropy{}, descend, clouds(50),
                               {.epochs = 100, .batch_size = 10, .threads = threads, .progress = quiet});
        CHECK(h.interrupted);
        CHECK(h.loss.size() == 2);  // the seventh step is the second of the second epoch
        CHECK(descend.t == 7);
        CHECK(descend.epoch == 1);  // the second has not ended
        CHECK(h.samples == 70);
        CHECK(std::isfinite(h.loss.back()));
    }
    CHECK(caught == 0);
    std::raise(SIGINT);
    CHECK(caught == 1);
    std::signal(SIGINT, before);
}

TEST_CASE("fit: Ctrl-C with the last batch of an epoch ends it after a whole epoch, which is counted and judged") {
    auto* before = std::signal(SIGINT, catcher);
    const auto ended = [](int forwards, std::size_t epochs) {
        std::atomic<int> left{forwards};
        auto net = gr::sequential(gr::dense(2, 3), interrupting{&left});
        gr::optimizer descend(net, gr::adam{});
        const auto h = gr::fit(net, gr::cross_entropy{}, descend, clouds(50),
                               {.epochs = epochs, .batch_size = 10, .validation = clouds(20), .progress = quiet});
        CHECK(h.interrupted);
        CHECK(h.loss.size() == 2);
        CHECK(h.validation_loss.size() == 2);
        CHECK(h.samples == 100);
        CHECK(descend.t == 10);  // not a step more
        CHECK(descend.epoch == 2);
    };
    for (const std::size_t epochs : {2u, 100u}) {
        ended(11, epochs);  // five steps, a validation, and five steps more
        ended(12, epochs);  // during the second validation
    }
    CHECK((std::signal(SIGINT, before) == catcher));
}

TEST_CASE("fit: Ctrl-C from outside, at any moment") {
    auto* before = std::signal(SIGINT, catcher);
    auto net = classifier();
    std::thread finger([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ::kill(::getpid(), SIGINT);
    });
    const auto h = gr::fit(net, gr::cross_entropy{}, gr::adam{}, clouds(300),
                           {.epochs = 1'000'000, .threads = 2, .progress = quiet});
    finger.join();
    CHECK(h.interrupted);
    CHECK((std::signal(SIGINT, before) == catcher));
}

TEST_CASE("fit: an error restores the handler too") {
    auto* before = std::signal(SIGINT, catcher);
    auto net = classifier();
    CHECK_THROWS_AS(gr::fit(net, gr::cross_entropy{}, gr::adam{}, clouds(9), {.batch_size = 0, .progress = quiet}), gr::error);
    CHECK((std::signal(SIGINT, before) == catcher));
}
