// labels: threads
// Masks of sequences in training, evaluation and metrics: where each of their steps is judged, and where a whole one is.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "gradus.hpp"
#include "gradus/layers/embedding.hpp"

#include "../support/central_difference.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "../support/running_mean.hpp"

namespace gr = gradus;
using sequences = gr::tensor<float, 3>;
using masks = gr::tensor<bool, 2>;
using support::draw;
using support::message_of;
using support::running_mean;

namespace {

constexpr auto quiet = gr::show::never;

/// y (N, D): the last step of x (N, T, D).
struct last_of {
    static constexpr bool ends_sequences = true;
    using parameters = gr::no_parameters;
    template <class X>
    struct cache {
        gr::tensor<gr::scalar_of<X>, 2> y;
        X dx;
    };
    template <class X>
    const auto& forward(const X& x, cache<X>& c) const {
        const std::size_t T = x.shape()[1], D = x.shape()[2];
        gr::reshape(c.y, std::array{x.shape()[0], D});
        for (std::size_t n = 0; n < x.shape()[0]; ++n) std::copy_n(&x(n, T - 1, 0), D, &c.y(n, 0));
        return c.y;
    }
    template <class X, class Y>
    const X& backward(const X& x, const Y& dy, cache<X>& c, parameters&) const {
        const std::size_t T = x.shape()[1], D = x.shape()[2];
        gr::reshape(c.dx, x.shape());
        c.dx.fill(0);
        for (std::size_t n = 0; n < x.shape()[0]; ++n) std::copy_n(&dy(n, 0), D, &c.dx(n, T - 1, 0));
        return c.dx;
    }
};

/// Twelve sequences, of 1 to 5 steps.
masks ragged() {
    masks mask({12, 5}, false);
    for (std::size_t n = 0; n < 12; ++n) std::fill_n(&mask(n, 0), 1 + n % 5, true);
    return mask;
}
auto step_labels() {
    gr::tensor<std::int32_t, 2> y({12, 5}, -1);  // where there is no data, nobody looks
    const masks mask = ragged();
    for (std::size_t i = 0; i < y.size(); ++i)
        if (mask.data()[i]) y.data()[i] = static_cast<std::int32_t>(i * i % 3);
    return y;
}
auto sequence_labels() {
    gr::tensor<std::int32_t, 1> y({12}, 0);
    for (std::size_t n = 0; n < 12; ++n) y(n) = static_cast<std::int32_t>(n % 3);
    return y;
}
template <class Y>
auto masked(const Y& y) {
    gr::dataset data(draw<sequences>({12, 5, 2}, 1), y);
    data.mask = ragged();
    return data;
}
auto steps_network() {
    gr::seed(5);
    return gr::sequential(running_mean(2), gr::dense(2, 3));
}
auto sequence_network() {
    gr::seed(5);
    return gr::sequential(running_mean(2), last_of{}, gr::dense(2, 3));
}
template <class Net>
double apart(const Net& a, const Net& b) {
    double worst = 0;
    gr::each([&](const gr::entry&, const auto& p, const auto& q) { worst = std::max(worst, support::difference(p, q)); }, a, b);
    return worst;
}
/// Three epochs of one to three threads, in batches whose last is smaller.
template <class Net, class Data>
void same_on_threads(const Net& start, const Data& data) {
    Net one = start;
    const auto train = [&](Net& net, std::size_t threads) {
        return gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.01}, data,
                       {.epochs = 3, .batch_size = 5, .validation = data, .threads = threads, .progress = quiet});
    };
    const auto expected = train(one, 1);
    CHECK(expected.validation_loss.back() < expected.loss.front());
    for (std::size_t threads = 2; threads <= 3; ++threads) {
        Net net = start;
        const auto h = train(net, threads);
        CHECK(apart(net, one) < 1e-5);
        for (std::size_t e = 0; e < 3; ++e) {
            CHECK(h.loss[e] == doctest::Approx(expected.loss[e]).epsilon(1e-5));
            CHECK(h.accuracy[e] == doctest::Approx(expected.accuracy[e]));
            CHECK(h.validation_loss[e] == doctest::Approx(expected.validation_loss[e]).epsilon(1e-5));
        }
    }
}

}  // namespace

TEST_CASE("mask: of each step's prediction (N, T, V) the loss gets it, on any number of threads the same") {
    const auto data = masked(step_labels());
    auto net = steps_network();
    same_on_threads(net, data);
    gr::pass pass(net);
    pass.mask = data.mask;
    const gr::normalizer by{.mask = &data.mask};
    const auto score = gr::evaluate(net, gr::cross_entropy{}, data);
    CHECK(score.loss == doctest::Approx(gr::cross_entropy{}.value(net.forward(data.x, pass), data.y, by)).epsilon(1e-6));
    CHECK(score.accuracy == gr::accuracy(gr::classes(net, data.x, &data.mask), data.y, &data.mask));
    CHECK(score.confusion == gr::confusion(data.y, gr::classes(net, data.x, &data.mask), 3, &data.mask));
    CHECK(score.accuracy == gr::top_k_accuracy(data.y, gr::probabilities(net, data.x, &data.mask), 1, &data.mask));
}

TEST_CASE("mask: where the network gives up the steps, (N, V), its layers get it and the loss does not") {
    const auto data = masked(sequence_labels());
    auto net = sequence_network();
    same_on_threads(net, data);
    const auto score = gr::evaluate(net, gr::cross_entropy{}, data);
    double loss = 0;
    for (std::size_t n = 0; n < 12; ++n) {  // each sequence by itself, as long as it is
        const std::size_t T = 1 + n % 5;
        sequences x({1, T, 2});
        std::copy_n(&data.x(n, 0, 0), T * 2, x.data());
        gr::pass pass(net);
        loss += gr::cross_entropy{}.value(net.forward(x, pass), gr::tensor<std::int32_t, 1>{data.y(n)}) / 12;
    }
    CHECK(score.loss == doctest::Approx(loss).epsilon(1e-6));
    CHECK(score.accuracy == gr::accuracy(gr::classes(net, data.x, &data.mask), data.y));
    auto unmasked = data;
    unmasked.mask = {};
    CHECK(gr::evaluate(net, gr::cross_entropy{}, unmasked).loss != doctest::Approx(loss).epsilon(1e-3));
}

TEST_CASE("mask: a network that gives up the steps says so, and its samples count, of one step too; other sizes are an error") {
    gr::dataset data(draw<sequences>({3, 1, 2}, 1), gr::tensor<std::int32_t, 1>{0, 1, 2});
    auto masked_data = data;
    masked_data.mask = {{true}, {false}, {true}};
    const auto net = gr::sequential(gr::dense(2, 4), last_of{}, gr::dense(4, 3));  // none of them looks at it
    static_assert(gr::ends_sequences<decltype(net)> && !gr::ends_sequences<decltype(steps_network())>);
    static_assert(gr::ends_sequences<decltype(gr::last_step(gr::lstm(2, 3)))>);
    CHECK(gr::evaluate(net, gr::cross_entropy{}, masked_data).loss == gr::evaluate(net, gr::cross_entropy{}, data).loss);

    // ŷ (N, T) is of no rank that tells: its mask is not passed over in silence
    gr::dataset series(draw<sequences>({8, 5, 2}, 1), draw<gr::tensor<float, 2>>({8, 5}, 2));
    series.mask = masks({8, 5}, true);
    CHECK(message_of([&] { (void)gr::evaluate(gr::sequential(gr::dense(2, 1), gr::flatten{}), gr::mse{}, series); }) ==
          "mse: the mask has (8, 5) entries, ŷ is (8, 5)");

    auto steps = masked(step_labels());
    steps.mask = masks({12, 4}, true);
    const auto flat = gr::sequential(gr::dense(2, 3));  // which does not look at it
    CHECK(message_of([&] { (void)gr::evaluate(flat, gr::cross_entropy{}, steps); }) ==
          "cross_entropy: the mask has (12, 4) entries, ŷ is (12, 5, 3)");
}

TEST_CASE("cross_entropy.forward, cross_entropy.backward: of (N, T, V), the mask leaves three steps: by hand") {
    const gr::tensor<double, 3> z{{{0, 0}, {std::log(3.0), 0}}, {{0, std::log(4.0)}, {7, 9}}};
    const gr::tensor<std::int32_t, 2> y{{0, 1}, {1, -1}};
    const masks mask{{true, true}, {true, false}};
    gr::cross_entropy J;
    const gr::normalizer by{.mask = &mask};
    CHECK(J.count(z, y, by) == 3);
    CHECK(J.value(z, y, by) == doctest::Approx((std::log(2.0) + std::log(4.0) + std::log(1.25)) / 3));  // p_y = 1/2, 1/4, 4/5
    const auto dz = J.gradient(z, y, by);
    const gr::tensor<double, 3> expected{{{-0.5 / 3, 0.5 / 3}, {0.75 / 3, -0.75 / 3}}, {{0.2 / 3, -0.2 / 3}, {0, 0}}};
    CHECK(support::difference(dz, expected) <= 1e-12);
}

TEST_CASE_TEMPLATE("embedding.dE, dense.dW, dense.db, cross_entropy.backward: over (N, T) with a mask: PyTorch's values", T, float,
                   double) {
    const std::string at = "embedding/masked.";
    const auto x = support::stored(at + "x").template to<gr::tensor<std::int32_t, 2>>();
    const auto y = support::stored(at + "labels").template to<gr::tensor<std::int32_t, 2>>();
    masks mask;
    const auto there = support::stored(at + "mask").template to<gr::tensor<std::int32_t, 2>>();
    gr::reshape(mask, there.shape());
    std::ranges::transform(gr::flat(there), mask.data(), [](std::int32_t b) { return b != 0; });

    auto net = gr::sequential(gr::embedding<T>(6, 3), gr::dense<T>(3, 4));
    auto& [W, b] = net.template layer<1>().theta;
    net.template layer<0>().theta.E = support::pytorch<gr::tensor<T, 2>>(at + "E");
    W = support::pytorch<gr::tensor<T, 2>>(at + "W"), b = support::pytorch<gr::tensor<T, 1>>(at + "b");
    gr::cross_entropy J;
    gr::pass pass(net);
    pass.mask = mask;
    gr::gradients grad(net);
    const gr::normalizer by{.mask = &mask};
    const auto& z = net.forward(x, pass);
    CHECK(support::difference(z, support::pytorch<gr::tensor<double, 3>>(at + "z")) <= support::tolerance<T>(3));
    CHECK(support::difference(J.value(z, y, by), support::pytorch_number(at + "J")) <= support::tolerance<T>());
    net.backward(x, J.gradient(z, y, by), pass, grad);
    const auto& [of_E, of_dense] = grad.values.layers;
    CHECK(support::difference(of_E.E, support::pytorch<gr::tensor<double, 2>>(at + "dE")) <= support::tolerance<T>(9));
    CHECK(support::difference(of_dense.W, support::pytorch<gr::tensor<double, 2>>(at + "dW")) <= support::tolerance<T>(9));
    CHECK(support::difference(of_dense.b, support::pytorch<gr::tensor<double, 1>>(at + "db")) <= support::tolerance<T>(9));
}

TEST_CASE("cross_entropy.backward, embedding.dE: over (N, T) with a mask: central differences of the whole network") {
    auto net = gr::sequential(gr::embedding<double>(6, 3), running_mean<double>(3), gr::dense<double>(3, 4, gr::tanh{}));
    gr::tensor<std::int32_t, 2> x({3, 5}), y({3, 5});
    masks mask({3, 5});
    for (std::size_t i = 0; i < x.size(); ++i) {
        x.data()[i] = static_cast<std::int32_t>(gr::random::integer(1, i, 6));
        y.data()[i] = static_cast<std::int32_t>(gr::random::integer(2, i, 4));
        mask.data()[i] = gr::random::integer(3, i, 3) != 0;
    }
    gr::cross_entropy J;
    gr::pass pass(net);
    pass.mask = mask;
    gr::gradients grad(net);
    const gr::normalizer by{.mask = &mask};
    net.backward(x, J.gradient(net.forward(x, pass), y, by), pass, grad);
    const auto value = [&] { return J.value(net.forward(x, pass), y, by); };
    gr::each(
        [&](const gr::entry& e, auto& theta, const auto& g) {
            CAPTURE(e.path());
            CHECK(support::relative_error(g, support::slopes(value, theta)) <= 1e-7);
        },
        net, grad.values);
}

TEST_CASE("accuracy, confusion, top_k_accuracy: where the mask has data; what they say to one that does not fit") {
    const gr::tensor<std::int32_t, 2> y{{0, 1}, {2, -1}}, told{{0, 2}, {2, 0}};
    const masks mask{{true, true}, {true, false}}, none({2, 2}, false), wide({2, 3}, true);
    CHECK(gr::accuracy(told, y, &mask) == doctest::Approx(2.0 / 3));
    CHECK(gr::accuracy(told, y) == 0.5);
    CHECK(gr::confusion(y, told, 3, &mask) == gr::tensor<std::size_t, 2>{{1, 0, 0}, {0, 0, 1}, {0, 0, 1}});
    const sequences scores{{{3, 2, 1}, {3, 2, 1}}, {{3, 2, 1}, {0, 0, 0}}};
    CHECK(gr::top_k_accuracy(y, scores, 1, &mask) == doctest::Approx(1.0 / 3));
    CHECK(gr::top_k_accuracy(y, scores, 2, &mask) == doctest::Approx(2.0 / 3));
    CHECK(message_of([&] { (void)gr::accuracy(told, y, &none); }) == "accuracy: the mask leaves nothing to judge");
    CHECK(message_of([&] { (void)gr::confusion(y, told, 3, &wide); }) == "confusion: the mask is (2, 3), for 4 labels");
    CHECK(message_of([&] { (void)gr::top_k_accuracy(y, scores, 1, &wide); }) == "top_k_accuracy: the mask is (2, 3), for 4 labels");
}
