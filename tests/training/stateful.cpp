// labels: threads
// Long sequences in chunks: the state goes on from batch to batch, in training and in evaluation.
#include <doctest/doctest.h>

#include <algorithm>

#include "gradus.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"
#include "../support/running_mean.hpp"

namespace gr = gradus;
using sequences = gr::tensor<float, 3>;
using labels = gr::tensor<std::int32_t, 2>;
using support::message_of;
using support::running_mean;

namespace {

constexpr auto quiet = gr::show::never;
constexpr std::size_t rows = 4, steps = 3, chunks = 5;

/// Four sequences of 15 steps: whether the sum of what has been so far is above 0.
gr::dataset<sequences, labels> whole() {
    auto x = support::draw<sequences>({rows, steps * chunks, 2}, 5);
    labels y({rows, steps * chunks}, 0);
    for (std::size_t n = 0; n < rows; ++n) {
        float sum = 0;
        for (std::size_t t = 0; t < steps * chunks; ++t) sum += x(n, t, 0), y(n, t) = sum > 0;
    }
    return {x, y};
}
/// The same in chunks of 3 steps: samples 0..3 are the first chunks, 4..7 those that follow.
gr::dataset<sequences, labels> in_chunks() {
    const auto [x, y] = whole();
    sequences a({rows * chunks, steps, 2});
    labels b({rows * chunks, steps});
    for (std::size_t c = 0; c < chunks; ++c)
        for (std::size_t n = 0; n < rows; ++n) {
            std::copy_n(&x(n, c * steps, 0), steps * 2, &a(c * rows + n, 0, 0));
            std::copy_n(&y(n, c * steps), steps, &b(c * rows + n, 0));
        }
    return {a, b};
}
auto network(bool reversed = false) {
    gr::seed(3);
    return gr::sequential(running_mean(2, 0.9f, reversed), gr::dense(2, 2));
}
template <class Net>
double apart(const Net& a, const Net& b) {
    double worst = 0;
    gr::each([&](const gr::entry&, const auto& p, const auto& q) { worst = std::max(worst, support::difference(p, q)); }, a, b);
    return worst;
}
struct after_two_steps {
    int left = 2;
    void after_step(auto& now) { now.stop = --left == 0; }
};
const gr::adam rate{.learning_rate = 0.02};

}  // namespace

TEST_CASE("evaluate: stateful, chunks are judged as the whole is") {
    const auto net = network();
    const auto expected = gr::evaluate(net, gr::cross_entropy{}, whole());
    const auto score = gr::evaluate(net, gr::cross_entropy{}, in_chunks(), {.stateful = true, .batch_size = rows});
    CHECK(score.loss == doctest::Approx(expected.loss).epsilon(1e-6));
    CHECK(score.accuracy == expected.accuracy);
    CHECK(score.confusion == expected.confusion);
    const auto forgetful = gr::evaluate(net, gr::cross_entropy{}, in_chunks(), {.batch_size = rows});
    CHECK(forgetful.loss != doctest::Approx(expected.loss).epsilon(1e-3));
    CHECK(forgetful.loss == doctest::Approx(gr::evaluate(net, gr::cross_entropy{}, in_chunks()).loss).epsilon(1e-6));
}

TEST_CASE("fit: stateful, by hand: carried before each forward, forgotten at the start of each epoch") {
    const auto data = in_chunks();
    auto fitted = network(), by_hand = network();
    const auto h = gr::fit(fitted, gr::cross_entropy{}, rate, data,
                           {.epochs = 3, .batch_size = rows, .stateful = true, .shuffle = false, .progress = quiet});
    gr::cross_entropy J;
    gr::optimizer descend(by_hand, rate);
    gr::pass pass(by_hand);
    gr::gradients grad(by_hand);
    sequences x;
    labels y;
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
        gr::forget_state(by_hand, pass);
        double loss = 0;
        for (std::size_t c = 0; c < chunks; ++c) {
            std::vector<std::size_t> which(rows);
            for (std::size_t n = 0; n < rows; ++n) which[n] = c * rows + n;
            gr::gather(data.x, which, x), gr::gather(data.y, which, y);
            gr::carry_state(by_hand, pass);
            const auto& y_hat = by_hand.forward(x, pass);
            loss += J.value(y_hat, y) / chunks;
            by_hand.backward(x, J.gradient(y_hat, y), pass, grad);
            descend(by_hand, grad);
        }
        CHECK(h.loss[epoch] == doctest::Approx(loss).epsilon(1e-6));
    }
    CHECK(apart(fitted, by_hand) < 1e-6);
    auto forgetful = network();
    gr::fit(forgetful, gr::cross_entropy{}, rate, data, {.epochs = 3, .batch_size = rows, .shuffle = false, .progress = quiet});
    CHECK(apart(fitted, forgetful) > 1e-3);
}

TEST_CASE("fit: stateful, nothing learnt, the loss of an epoch is that of the whole; so is the validation's") {
    auto net = network();
    for (std::size_t threads = 1; threads <= 3; ++threads) {
        const auto h = gr::fit(net, gr::cross_entropy{}, gr::gradient_descent{.learning_rate = 0}, in_chunks(),
                               {.epochs = 2, .batch_size = rows, .validation = in_chunks(), .threads = threads, .stateful = true,
                                .shuffle = false, .progress = quiet});
        const auto expected = gr::evaluate(net, gr::cross_entropy{}, whole());
        for (const double loss : {h.loss[0], h.loss[1], h.validation_loss[0], h.validation_loss[1]})
            CHECK(loss == doctest::Approx(expected.loss).epsilon(1e-6));
        CHECK(h.accuracy[1] == doctest::Approx(expected.accuracy));
    }
}

TEST_CASE("fit: stateful on any number of threads, each with its rows of every batch; a resumed run is the same bit for bit") {
    const auto data = in_chunks();
    auto one = network();
    const auto h = gr::fit(one, gr::cross_entropy{}, rate, data,
                           {.epochs = 4, .batch_size = rows, .stateful = true, .shuffle = false, .progress = quiet});
    CHECK(h.loss.back() < h.loss.front());
    for (std::size_t threads = 1; threads <= 7; ++threads) {
        CAPTURE(threads);
        auto parts = network();
        gr::optimizer descend(parts, rate);
        gr::history curve;
        for (int twice = 0; twice < 2; ++twice) {
            const auto part = gr::fit(parts, gr::cross_entropy{}, descend, data,
                                      {.epochs = 2, .batch_size = rows, .threads = threads, .stateful = true, .shuffle = false, .progress = quiet});
            curve.loss.insert(curve.loss.end(), part.loss.begin(), part.loss.end());
        }
        CHECK(apart(parts, one) < (threads == 1 ? 1e-30 : 1e-4));
        for (std::size_t e = 0; e < 4; ++e) CHECK(curve.loss[e] == doctest::Approx(h.loss[e]).epsilon(1e-4));
        if (threads == 1) CHECK(curve.loss == h.loss);
    }
}

TEST_CASE("fit: stateful and stopped within an epoch, the next begins one") {
    auto net = network();
    after_two_steps second;
    gr::optimizer descend(net, gr::gradient_descent{.learning_rate = 0});
    const gr::fit_options<sequences, labels> how{.batch_size = rows, .stateful = true, .shuffle = false, .progress = quiet};
    CHECK(gr::fit(net, gr::cross_entropy{}, descend, in_chunks(), how, second).interrupted);
    const auto h = gr::fit(net, gr::cross_entropy{}, descend, in_chunks(), how);
    CHECK(h.loss[0] == doctest::Approx(gr::evaluate(net, gr::cross_entropy{}, whole()).loss).epsilon(1e-6));
}

TEST_CASE("fit, evaluate: stateful, a character model: an embedding, a GRU and an LSTM, in chunks and on two threads") {
    gr::tensor<std::int32_t, 2> text({rows, steps * chunks}), next({rows, steps * chunks}), x({rows * chunks, steps}), y({rows * chunks, steps});
    for (std::size_t i = 0; i < text.size(); ++i) {
        text.data()[i] = static_cast<std::int32_t>(gr::random::integer(1, i, 6));
        next.data()[i] = static_cast<std::int32_t>(gr::random::integer(1, i / 3, 6));  // of three, what the first was
    }
    for (std::size_t c = 0; c < chunks; ++c)
        for (std::size_t n = 0; n < rows; ++n)
            std::copy_n(&text(n, c * steps), steps, &x(c * rows + n, 0)), std::copy_n(&next(n, c * steps), steps, &y(c * rows + n, 0));
    const gr::dataset whole_text(text, next), data(x, y);
    const auto learn = [&](std::size_t threads) {
        gr::seed(4);
        auto net = gr::sequential(gr::embedding(6, 4), gr::gru(4, 8), gr::lstm(8, 8), gr::dense(8, 6));
        const auto h = gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.02}, data,
                               {.epochs = 4, .batch_size = rows, .threads = threads, .stateful = true, .shuffle = false, .progress = quiet});
        CHECK(h.loss.back() < h.loss.front());
        CHECK(gr::evaluate(net, gr::cross_entropy{}, data, {.stateful = true, .batch_size = rows}).loss ==
              doctest::Approx(gr::evaluate(net, gr::cross_entropy{}, whole_text).loss).epsilon(1e-6));
        return net;
    };
    CHECK(apart(learn(1), learn(2)) < 1e-4);
}

TEST_CASE("fit, evaluate: stateful, what they say") {
    auto net = network();
    const auto data = in_chunks();
    using options = gr::fit_options<sequences, labels>;
    const auto fit = [&](const options& o) { return message_of([&] { gr::fit(net, gr::cross_entropy{}, rate, data, o); }); };
    CHECK(fit({.batch_size = rows, .stateful = true, .progress = quiet}) ==
          "fit: stateful goes through the samples in their order: it needs shuffle = false");
    CHECK(fit({.batch_size = 3, .stateful = true, .shuffle = false, .progress = quiet}) ==
          "fit: stateful needs batches of one size: batch_size = 3 does not divide 20 samples");
    CHECK(fit({.batch_size = rows, .accumulate = 2, .stateful = true, .shuffle = false, .progress = quiet}) ==
          "fit: stateful needs accumulate = 1, got 2");
    const std::vector<std::size_t> some{0, 1, 2, 3, 4};
    CHECK(fit({.batch_size = rows, .validation = gr::take(data, some), .stateful = true, .shuffle = false, .progress = quiet}) ==
          "fit: stateful needs batches of one size: batch_size = 4 does not divide 5 samples of the validation");
    CHECK(message_of([&] { (void)gr::evaluate(net, gr::cross_entropy{}, data, {.stateful = true}); }) ==
          "evaluate: stateful needs batches of one size: batch_size = 256 does not divide 20 samples");
    CHECK(message_of([&] { (void)gr::evaluate(net, gr::cross_entropy{}, data, {.batch_size = 0}); }) ==
          "evaluate: batch_size must be at least 1, got 0");

    auto plain = gr::sequential(gr::dense(2, 2));
    CHECK(message_of([&] { (void)gr::evaluate(plain, gr::cross_entropy{}, data, {.stateful = true, .batch_size = rows}); }) ==
          "evaluate: stateful, but no layer of the network has a state");
    const options stateful{.batch_size = rows, .stateful = true, .shuffle = false, .progress = quiet};
    CHECK(message_of([&] { gr::fit(plain, gr::cross_entropy{}, rate, data, stateful); }) ==
          "fit: stateful, but no layer of the network has a state");
    auto backwards = network(true);
    CHECK(message_of([&] { gr::fit(backwards, gr::cross_entropy{}, rate, data, stateful); }) == "running_mean #0: it is reversed");
    CHECK(apart(backwards, network(true)) == 0);  // no step was taken
}
