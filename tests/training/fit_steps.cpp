// labels: threads
// What a step of `fit` is made of: weights, masks, batches that share a step, clipping, and numbers that are none.
#include <doctest/doctest.h>

#include <limits>
#include <tuple>

#include "gradus.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using labels = gr::tensor<std::int32_t, 1>;

namespace {

constexpr auto quiet = gr::show::never;

gr::dataset<matrix, labels> points(std::size_t n) {
    matrix x = support::draw<matrix>({n, 2}, 1);
    labels y({n}, 0);
    for (std::size_t i = 0; i < n; ++i) y(i) = static_cast<std::int32_t>(i % 3);
    return {x, y};
}
auto classifier() {
    gr::seed(11);
    return gr::sequential(gr::dense(2, 16, gr::tanh{}), gr::dense(16, 3));
}
template <class Net>
double apart(const Net& a, const Net& b) {
    double worst = 0;
    gr::each([&](const gr::entry&, const auto& p, const auto& q) { worst = std::max(worst, support::difference(p, q)); }, a, b);
    return worst;
}
/// Data without the samples that weigh nothing, each of the others as often as it weighs.
template <class X, class Y>
gr::dataset<X, Y> repeated(const gr::dataset<X, Y>& data) {
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < data.size(); ++i)
        for (int k = 0; k < static_cast<int>(data.weights[i]); ++k) which.push_back(i);
    auto plain = data;
    plain.weights.clear();
    return gr::take(plain, which);
}

}  // namespace

TEST_CASE("fit: a sample of weight k counts as k samples, on any number of threads") {
    auto data = points(20);
    data.weights = std::vector<double>(20, 1.0);
    for (std::size_t i = 0; i < 20; ++i) data.weights[i] = static_cast<double>(i % 4);
    const auto many = repeated(data);
    auto expected = classifier();
    const auto h = gr::fit(expected, gr::cross_entropy{}, gr::sgd{}, many,
                           {.epochs = 3, .batch_size = 100, .shuffle = false, .progress = quiet});
    for (std::size_t threads = 1; threads <= 3; ++threads) {
        auto net = classifier();
        const auto weighted = gr::fit(net, gr::cross_entropy{}, gr::sgd{}, data,
                                      {.epochs = 3, .batch_size = 100, .threads = threads, .shuffle = false, .progress = quiet});
        CHECK(apart(net, expected) < 1e-5);
        CHECK(weighted.loss.back() == doctest::Approx(h.loss.back()).epsilon(1e-5));
        CHECK(gr::evaluate(net, gr::cross_entropy{}, data).loss ==
              doctest::Approx(gr::evaluate(net, gr::cross_entropy{}, many).loss).epsilon(1e-5));
    }
}
TEST_CASE("fit: class weights are divided by the weights of the whole batch, not of a thread's share") {
    const auto data = points(20);
    const gr::cross_entropy J{.class_weights = {1, 5, 0.5}};
    auto one = classifier();
    gr::fit(one, J, gr::sgd{}, data, {.epochs = 3, .batch_size = 20, .shuffle = false, .progress = quiet});
    auto three = classifier();
    gr::fit(three, J, gr::sgd{}, data, {.epochs = 3, .batch_size = 20, .threads = 3, .shuffle = false, .progress = quiet});
    CHECK(apart(one, three) < 1e-5);
    auto plain = classifier();
    gr::fit(plain, gr::cross_entropy{}, gr::sgd{}, data, {.epochs = 3, .batch_size = 20, .shuffle = false, .progress = quiet});
    CHECK(apart(one, plain) > 1e-3);
}
TEST_CASE("fit: what a mask leaves out is as if it were not there, in training and in evaluation") {
    gr::dataset<gr::tensor<float, 3>, gr::tensor<std::int32_t, 2>> data(support::draw<gr::tensor<float, 3>>({6, 4, 2}, 1),
                                                                        gr::tensor<std::int32_t, 2>({6, 4}, 1));
    data.mask = gr::tensor<bool, 2>({6, 4}, true);
    std::vector<float> x;
    std::vector<std::int32_t> y;
    for (std::size_t n = 0; n < 6; ++n)
        for (std::size_t t = 0; t < 4; ++t) {
            data.y(n, t) = static_cast<std::int32_t>((n + t) % 3);
            if (t > n) {
                data.mask(n, t) = false;
                data.y(n, t) = -1;  // not looked at
                continue;
            }
            x.push_back(data.x(n, t, 0)), x.push_back(data.x(n, t, 1));
            y.push_back(data.y(n, t));
        }
    const gr::dataset dense(gr::data::from_memory(x, {y.size(), 2}), gr::data::from_memory(y));
    auto expected = classifier();
    gr::fit(expected, gr::cross_entropy{}, gr::sgd{}, dense,
            {.epochs = 3, .batch_size = 100, .shuffle = false, .progress = quiet});
    for (std::size_t threads = 1; threads <= 2; ++threads) {
        auto net = classifier();
        const auto h = gr::fit(net, gr::cross_entropy{}, gr::sgd{}, data,
                               {.epochs = 3, .batch_size = 6, .threads = threads, .shuffle = false, .progress = quiet});
        CHECK(apart(net, expected) < 1e-5);
        const auto masked = gr::evaluate(net, gr::cross_entropy{}, data), all = gr::evaluate(expected, gr::cross_entropy{}, dense);
        CHECK(masked.loss == doctest::Approx(all.loss).epsilon(1e-5));
        CHECK(masked.accuracy == doctest::Approx(all.accuracy));
        CHECK(masked.confusion == all.confusion);
    }
    data.mask.fill(false);
    auto net = classifier();
    const auto h = gr::fit(net, gr::cross_entropy{}, gr::sgd{}, data, {.progress = quiet});
    CHECK(h.loss[0] == 0);  // nothing to learn from
    CHECK(apart(net, classifier()) == 0);
}
TEST_CASE("fit: weights and masks of another number of samples") {
    auto data = points(5);
    data.weights = {1, 2, 3};
    auto net = classifier();
    CHECK_THROWS_WITH_AS(gr::fit(net, gr::cross_entropy{}, gr::sgd{}, data, {.progress = quiet}),
                         "dataset: x has 5 rows, there are 3 weights", gr::data_error);
    data.weights = std::vector<double>(5, 1.0);
    data.mask = gr::tensor<bool, 2>({2, 3}, true);
    CHECK_THROWS_WITH_AS((void)gr::evaluate(net, gr::cross_entropy{}, data), "dataset: x has 5 rows, the mask is (2, 3)",
                         gr::data_error);
}

TEST_CASE("fit: batches that share a step are one batch of their sizes, weights included") {
    auto data = points(22);
    for (std::size_t i = 0; i < 22; ++i) data.weights.push_back(0.5 + gr::random::uniform(9, i));
    for (const bool sum : {false, true})
        for (std::size_t threads = 1; threads <= 2; ++threads) {
            const gr::cross_entropy J{.reduction = sum ? gr::reduce::sum : gr::reduce::mean};
            const gr::gradient_descent descend{.learning_rate = 0.01};
            auto whole = classifier(), parts = classifier();
            gr::fit(whole, J, descend, data, {.epochs = 3, .batch_size = 12, .threads = threads, .progress = quiet});
            const auto h = gr::fit(parts, J, descend, data,
                                   {.epochs = 3, .batch_size = 4, .accumulate = 3, .threads = threads, .progress = quiet});
            CHECK(apart(whole, parts) < 1e-5);
            CHECK(h.samples == 66);
        }
}
TEST_CASE("fit: a sum's gradient is the mean's times the count") {
    const auto data = points(8);
    auto mean = classifier(), sum = classifier();
    gr::fit(mean, gr::cross_entropy{}, gr::gradient_descent{.learning_rate = 0.08}, data, {.batch_size = 8, .progress = quiet});
    gr::fit(sum, gr::cross_entropy{.reduction = gr::reduce::sum}, gr::gradient_descent{.learning_rate = 0.01}, data,
            {.batch_size = 8, .progress = quiet});
    CHECK(apart(mean, sum) < 1e-6);
}

TEST_CASE("fit: clipped as by hand, by value and by norm, on any number of threads, with batches that share a step") {
    const auto data = points(12);
    const gr::cross_entropy J;
    for (const auto& [value, norm] : {std::pair{0.01, 0.0}, {0.0, 0.05}, {0.02, 0.05}, {0.0, 100.0}}) {
        auto expected = classifier();
        gr::pass pass(expected);
        gr::gradients grad(expected);
        gr::optimizer descend(expected, gr::gradient_descent{.learning_rate = 1});
        const auto& y_hat = expected.forward(data.x, pass);
        expected.backward(data.x, J.gradient(y_hat, data.y), pass, grad);
        if (value > 0) gr::clip_value(grad, value);
        if (norm > 0) gr::clip_norm(grad, norm);
        descend(expected, grad);
        for (std::size_t threads = 1; threads <= 3; ++threads)
            for (std::size_t accumulate = 1; accumulate <= 3; accumulate += 2) {
                auto net = classifier();
                gr::fit(net, J, gr::gradient_descent{.learning_rate = 1}, data,
                        {.batch_size = 12 / accumulate, .accumulate = accumulate, .threads = threads, .shuffle = false,
                         .clip_value = value, .clip_norm = norm, .progress = quiet});
                CHECK(apart(net, expected) < 1e-6);
            }
    }
}
TEST_CASE("fit: options that make no sense") {
    auto net = classifier();
    const auto said = [&](const gr::fit_options<matrix, labels>& o) {
        return support::message_of([&] { gr::fit(net, gr::cross_entropy{}, gr::sgd{}, points(9), o); });
    };
    CHECK(said({.accumulate = 0, .progress = quiet}) == "fit: batch_size = 32 and accumulate = 0: both must be at least 1");
    CHECK(said({.clip_norm = -1, .progress = quiet}) ==
          "fit: clip_norm = -1 must be positive, or 0: no clipping");
}

TEST_CASE("fit: a loss that is no number ends it before the step, and says where that began") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t threads = 1; threads <= 2; ++threads) {
        const auto said = [&](auto& net, const auto& data) {
            try {
                gr::fit(net, gr::cross_entropy{}, gr::sgd{.learning_rate = 0.1}, data,
                        {.epochs = 2, .batch_size = 8, .threads = threads, .shuffle = false, .progress = quiet});
            } catch (const gr::diverged& e) {
                return std::string(e.what());
            }
            return std::string("no error");
        };
        auto data = points(16);
        auto net = classifier();
        data.x(9, 1) = nan;
        CHECK(said(net, data) ==
              "fit: the loss is nan at step 2, in epoch 1. the data: x has nan in sample 9");
        data = points(16);
        net = classifier();
        net.layer<1>().theta.W(2, 0) = nan;
        const auto before = net;
        CHECK(said(net, data) ==
              "fit: the loss is nan at step 1, in epoch 1. parameters #1.W: θ has nan in row 2, which a step has made "
              "so: try a smaller learning rate, or clip the gradient");
        CHECK(net.layer<0>().theta.W == before.layer<0>().theta.W);
        net = classifier();
        net.layer<1>().theta.W.fill(3e38f);
        CHECK(said(net, data) ==
              "fit: the loss is nan at step 1, in epoch 1. dense #1: y = f(xW + b) has -inf in sample 0");
    }
}
TEST_CASE("fit: what diverges has its history, and names the loss where the prediction is finite") {
    auto net = gr::sequential(gr::dense(1, 1));
    net.layer<0>().theta.W.fill(1), net.layer<0>().theta.b.fill(0);
    const gr::dataset data(matrix{{1e25f}}, matrix{{0}});
    try {
        gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 0}, data, {.epochs = 3, .progress = quiet});
        FAIL("it went on");
    } catch (const gr::diverged& e) {
        CHECK(std::string(e.what()) ==
              "fit: the loss is inf at step 1, in epoch 1. mse: J = Σ (ŷ − y)² / (N O) is the first, of a finite prediction");
        CHECK(e.so_far.loss.empty());
    }
    gr::optimizer descend(net, gr::gradient_descent{.learning_rate = 10});
    const gr::dataset small(matrix{{1}, {2}}, matrix{{0}, {0}});
    try {
        gr::fit(net, gr::mse{}, descend, small, {.epochs = 1000, .batch_size = 2, .progress = quiet});
        FAIL("it went on");
    } catch (const gr::diverged& e) {
        CHECK(e.so_far.loss.size() == descend.epoch);
        CHECK(e.so_far.loss.size() > 3);
        CHECK(std::isfinite(net.layer<0>().theta.W(0, 0)));
    }
}
TEST_CASE("fit: the sample that is wrong is named, whichever thread and batch it fell to") {
    for (const std::size_t threads : {1u, 3u})
        for (const std::size_t accumulate : {1u, 2u}) {
            auto data = points(40);
            data.x(33, 0) = std::numeric_limits<float>::quiet_NaN();
            auto net = classifier();
            CHECK(support::message_of([&] {
                      gr::fit(net, gr::cross_entropy{}, gr::sgd{}, data,
                              {.batch_size = 20, .accumulate = accumulate, .threads = threads, .progress = quiet});
                  }).ends_with(". the data: x has nan in sample 33"));
        }
    gr::dataset numbers(matrix({9, 2}, 1.0f), matrix({9, 1}, 1.0f));
    numbers.y(4, 0) = std::numeric_limits<float>::quiet_NaN();
    gr::seed(1);
    auto line = gr::sequential(gr::dense(2, 1));
    CHECK(support::message_of([&] { gr::fit(line, gr::mse{}, gr::sgd{}, numbers, {.progress = quiet}); }) ==
          "fit: the loss is nan at step 1, in epoch 1. the data: y has nan in sample 4");
}
TEST_CASE("fit: a last step that goes too far, a validation that is no number") {
    const gr::dataset data(matrix{{1}, {2}}, matrix{{1}, {1}});
    auto net = gr::sequential(gr::dense(1, 1));
    const std::string said = support::message_of([&] {
        gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 1e39}, data, {.batch_size = 2, .progress = quiet});
    });
    CHECK(said.starts_with("fit: step 1 went too far, in epoch 1. parameters #0.W: θ has "));
    CHECK(said.ends_with(" in row 0, which a step has made so: try a smaller learning rate, or clip the gradient"));
    auto held_out = data;
    held_out.x(1, 0) = std::numeric_limits<float>::quiet_NaN();
    net = gr::sequential(gr::dense(1, 1));
    CHECK(support::message_of([&] {
              gr::fit(net, gr::mse{}, gr::sgd{}, data, {.batch_size = 2, .validation = held_out, .progress = quiet});
          }) == "fit: the validation loss is nan after step 1, in epoch 1. the validation data: x has nan in row 1");
    held_out = data;
    held_out.weights = {1, 2, 3};
    CHECK(support::message_of([&] {
              gr::fit(net, gr::mse{}, gr::sgd{}, data, {.validation = held_out, .progress = quiet});
          }) == "dataset: x has 2 rows, there are 3 weights");
}
TEST_CASE("fit: dropout draws the same however a step is cut into batches and threads") {
    const auto data = points(24);
    const auto trained = [&](std::size_t batch, std::size_t accumulate, std::size_t threads) {
        gr::seed(5);
        auto net = gr::sequential(gr::dense(2, 16, gr::tanh{}), gr::dropout{0.4}, gr::dense(16, 3));
        double loss = 0;
        gr::fit(net, gr::cross_entropy{}, gr::gradient_descent{.learning_rate = 0.1}, data,
                {.epochs = 3, .batch_size = batch, .accumulate = accumulate, .threads = threads, .progress = quiet},
                gr::every_step([&](auto& now) { loss = now.loss; }));
        return std::pair(net, loss);
    };
    const auto [whole, loss] = trained(24, 1, 1);
    for (const auto& [batch, accumulate, threads] : {std::tuple(8, 3, 1), {4, 6, 2}, {24, 1, 3}, {12, 2, 2}}) {
        const auto [parts, part_loss] =
            trained(static_cast<std::size_t>(batch), static_cast<std::size_t>(accumulate), static_cast<std::size_t>(threads));
        CHECK(apart(whole, parts) < 1e-5);
        CHECK(part_loss == doctest::Approx(loss).epsilon(1e-5));  // of the whole step
    }
}
TEST_CASE("fit: accuracy is of the rows that the mask leaves, whatever stands under it") {
    gr::dataset<gr::tensor<float, 3>, gr::tensor<std::int32_t, 2>> data(gr::tensor<float, 3>({4, 2, 2}, 0.f),
                                                                        gr::tensor<std::int32_t, 2>({4, 2}, 0));
    data.mask = gr::tensor<bool, 2>({4, 2}, true);
    auto net = gr::sequential(gr::dense(2, 3));
    net.layer<0>().theta.W.fill(0), net.layer<0>().theta.b = {1, 0, 0};  // always class 0
    for (std::size_t n = 0; n < 4; ++n) data.mask(n, 1) = n == 0, data.y(n, 0) = n < 2 ? 0 : 1;  // right: rows 0, 1 and (0, 1)
    const auto h = gr::fit(net, gr::cross_entropy{}, gr::gradient_descent{.learning_rate = 0}, data,
                           {.threads = 2, .progress = quiet});
    CHECK(h.accuracy[0] == doctest::Approx(3.0 / 5));
    CHECK(gr::evaluate(net, gr::cross_entropy{}, data).accuracy == doctest::Approx(3.0 / 5));
}
