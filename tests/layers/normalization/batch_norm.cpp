#include "gradus/layers/normalization/batch_norm.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "gradus/activations/tanh.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/moving_average.hpp"
#include "gradus/optimizers/optimizer.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/fixture.hpp"
#include "../../support/message.hpp"
#include "normalization.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;
using vector = gr::tensor<double, 1>;
using doctest::Approx;
using support::difference;
using support::draw;
using support::message_of;
using support::tolerance;

TEST_CASE("batch_norm.mean, batch_norm.variance, batch_norm.forward, batch_norm.dbeta, batch_norm.dgamma, batch_norm.dx: by hand") {
    auto layer = gr::batch_norm<double>(2, {.epsilon = 0});
    layer.theta.gamma = {3, 1}, layer.theta.beta = {1, -1};
    const matrix x{{1, 0}, {3, 0}, {5, 3}, {7, 9}};
    gr::pass pass(layer);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, x, pass);
    CHECK(pass.cache.used.mean == vector{4, 3});          // (1 + 3 + 5 + 7) / 4, (3 + 9) / 4
    CHECK(pass.cache.used.variance == vector{5, 13.5});   // (9 + 1 + 1 + 9) / 4, (9 + 9 + 0 + 36) / 4
    CHECK(y(0, 0) == Approx(1 - 9 / std::sqrt(5.0)));     // 3 (1 − 4) / √5 + 1
    CHECK(y(3, 1) == Approx(-1 + 6 / std::sqrt(13.5)));
    const matrix dy{{1, 0}, {0, 0}, {0, 0}, {0, 0}};
    const auto& dx = gr::backward(layer, x, dy, pass, grad.values);
    CHECK(grad.values.beta == vector{1, 0});
    CHECK(grad.values.gamma(0) == Approx(-3 / std::sqrt(5.0)));  // x̂ of the first row
    CHECK(grad.values.gamma(1) == 0);
    for (std::size_t n = 0; n < 4; ++n) {                        // 3/√5 (dy − 1/4 − x̂ₙ x̂₀ / 4) with x̂₀ = −3/√5
        CHECK(dx(n, 0) == Approx(3 / std::sqrt(5.0) * (dy(n, 0) - 0.25 + (x(n, 0) - 4) * 3 / 5 / 4)));
        CHECK(dx(n, 1) == 0);
    }
    CHECK(grad.values.running.count(0) == 4);
    CHECK(grad.values.running.mean == vector{4, 3});
    CHECK(grad.values.running.variance == vector{5, 13.5});
}

TEST_CASE("batch_norm.inference, batch_norm.dx: by hand: what is known is constant") {
    auto layer = gr::batch_norm<double>(1, {.epsilon = 0.5});
    layer.theta.gamma = {6}, layer.theta.beta = {-1};
    layer.theta.running.mean = {2}, layer.theta.running.variance = {3.5};  // √(3.5 + 0.5) = 2
    const matrix x{{4}, {1}}, dy{{1}, {10}};
    gr::pass pass(layer);
    pass.training = false, pass.input_gradient = true;
    gr::gradients grad(layer);
    CHECK(gr::forward(layer, x, pass) == matrix{{5}, {-4}});                  // 6 · 2/2 − 1, 6 · (−1)/2 − 1
    CHECK(gr::backward(layer, x, dy, pass, grad.values) == matrix{{3}, {30}});  // dy · 6/2
    CHECK(grad.values.gamma(0) == -4);                                        // 1 · 1 + 10 · (−1/2)
    CHECK(grad.values.beta(0) == 11);
    CHECK(grad.values.running.count(0) == 0);  // no batch: a step leaves the running statistics unchanged
    gr::optimizer descend(layer, gr::gradient_descent{.learning_rate = 0});
    descend(layer, grad);
    CHECK(layer.theta.running.mean(0) == 2);
    CHECK(layer.theta.running.count(0) == 0);
    const auto& one = gr::forward(layer, matrix{{4}}, pass);  // one row is enough
    CHECK(one(0, 0) == 5);
}

TEST_CASE("batch_norm.pytorch_momentum, batch_norm.keras_momentum: by hand, over two steps") {
    const auto after = [](gr::batch_norm_options o) {
        auto layer = gr::batch_norm<double>(1, o);
        gr::optimizer descend(layer, gr::gradient_descent{.learning_rate = 0});
        gr::pass pass(layer);
        gr::gradients grad(layer);
        for (const matrix& x : {matrix{{6}, {9}, {12}}, matrix{{2}, {4}}}) {  // means 9, 3; M2 18, 2
            const matrix y = gr::forward(layer, x, pass);
            gr::backward(layer, x, y, pass, grad.values);
            descend(layer, grad);
        }
        return layer;
    };
    // mean 0.25 · 9, then 0.75 · 2.25 + 0.25 · 3; variance 0.75 + 0.25 · 18/2, then 0.75 · 3 + 0.25 · 2/1
    const auto pytorch = after({.momentum = gr::pytorch_momentum(0.25)});
    CHECK(pytorch.theta.running.mean(0) == 2.4375);
    CHECK(pytorch.theta.running.variance(0) == 2.75);
    CHECK(pytorch.theta.running.count(0) == 2);
    // Keras: moving ← moving · momentum + batch · (1 − momentum),
    //   variance 0.75 + 0.25 · 18/3, then 0.75 · 2.25 + 0.25 · 2/2
    const auto keras = after({.momentum = gr::keras_momentum(0.75)});
    CHECK(keras.theta.running.mean(0) == 2.4375);
    CHECK(keras.theta.running.variance(0) == 1.9375);

    const auto defaults = after({}), of_keras = after(gr::keras_batch_norm);
    CHECK(defaults.epsilon == 1e-5);
    CHECK(defaults.theta.running.mean(0) == Approx(0.9 * (0.1 * 9) + 0.1 * 3));
    CHECK(defaults.theta.running.variance(0) == Approx(0.9 * (0.9 + 0.1 * 9) + 0.1 * 2));
    CHECK(of_keras.epsilon == 1e-3);
    CHECK(of_keras.theta.running.mean(0) == Approx((0 * 0.99 + 9 * 0.01) * 0.99 + 3 * 0.01));
    CHECK(of_keras.theta.running.variance(0) == Approx((1 * 0.99 + 6 * 0.01) * 0.99 + 1 * 0.01));
}

TEST_CASE("batch_norm.dgamma, batch_norm.dbeta, batch_norm.dx: central differences, in training and in inference") {
    gr::batch_norm layer(3);
    layer.theta.gamma = {0.5f, -1.5f, 2}, layer.theta.beta = {1, 2, 3};
    layer.theta.running.mean = {0.1f, 0.2f, 0.3f}, layer.theta.running.variance = {0.5f, 1.5f, 2.5f};
    for (const bool training : {true, false}) {
        CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 2>>({6, 3}, 1), {.training = training}));
        CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 2>>({2, 3}, 1), {.training = training}));
        CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 4>>({2, 5, 7, 3}, 1), {.training = training}));
    }
    const auto net = gr::sequential(gr::batch_norm(3), gr::dense(3, 5, gr::tanh{}), gr::batch_norm(5, gr::keras_batch_norm));
    CHECK(gr::gradient_check(net, draw<gr::tensor<float, 2>>({6, 3}, 1)));
}

namespace {

/// Three steps in training, then inference, all equal to PyTorch's.
template <class T, std::size_t N>
void equals_pytorch(const std::string& of, gr::batch_norm_options o) {
    CAPTURE(of);
    using X = gr::tensor<T, N>;
    const auto gamma = support::pytorch<gr::tensor<T, 1>>("normalization/batch_norm." + of + ".0.gamma");
    gr::batch_norm<T> layer(gamma.size(), o);
    gr::optimizer descend(layer, gr::gradient_descent{.learning_rate = 0});
    for (const std::string step : {"0", "1", "2", "inference"}) {
        CAPTURE(step);
        const std::string at = "normalization/batch_norm." + of + "." + step + ".";
        const auto x = support::pytorch<X>(at + "x");
        gr::pass pass(layer, x);
        pass.training = step != "inference", pass.input_gradient = true;
        support::check_normalization(layer, x, pass, at, gr::rows(x));
        gr::gradients grad(layer);
        gr::backward(layer, x, support::pytorch<X>(at + "dy"), pass, grad.values);
        descend(layer, grad);
        if (!pass.training) continue;
        CHECK(difference(layer.theta.running.mean, support::pytorch<vector>(at + "mean")) <= tolerance<T>(gr::rows(x)));
        CHECK(difference(layer.theta.running.variance, support::pytorch<vector>(at + "variance")) <= tolerance<T>(gr::rows(x)));
    }
    CHECK(layer.theta.running.count(0) == 3);
}

std::size_t of_channel(std::size_t, std::size_t, std::size_t j) { return j; }

}  // namespace

TEST_CASE_TEMPLATE("batch_norm.forward, batch_norm.dgamma, batch_norm.dbeta, batch_norm.dx, batch_norm.inference: PyTorch's values",
                   T, float, double) {
    equals_pytorch<T, 2>("rows", {});
    equals_pytorch<T, 3>("sequence", {.epsilon = 1e-3});
    equals_pytorch<T, 4>("images", {.momentum = gr::pytorch_momentum(0.25)});
    equals_pytorch<T, 4>("wide", {.momentum = gr::pytorch_momentum(1)});
    equals_pytorch<T, 4>("one", {.epsilon = 0.5});
}

TEST_CASE_TEMPLATE("batch_norm.mean, batch_norm.variance, batch_norm.forward, batch_norm.dgamma, batch_norm.dx: the textbook's twin",
                   T, float, double) {
    for (const std::size_t channels : {1u, 2u, 3u, 16u, 17u, 33u, 100u, 256u, 261u})
        for (const std::size_t places : {1u, 2u, 13u}) {
            gr::batch_norm<T> layer(channels);
            support::check_against_reference(layer, 31, places, channels, of_channel);
        }
    gr::batch_norm<T> layer(3);
    support::check_against_reference(layer, 100, 900, 3, of_channel);  // many blocks of rows
}

TEST_CASE("batch_norm.mean, batch_norm.variance: float keeps its digits over a million rows, whatever their order") {
    const std::size_t N = 1'000'003;
    gr::tensor<float, 2> x({N, 3});
    for (std::size_t n = 0; n < N; ++n) {
        x(n, 0) = 1000 + (n % 2 == 0 ? 1.0f : -1.0f);    // a mean much larger than the deviation
        x(n, 1) = n < 1000 ? 5000.0f : (n % 2 == 0 ? 1.0f : -1.0f);  // the first rows differ from the others
        x(n, 2) = 0.1f;                                  // no deviation
    }
    gr::kernels::channelwise<float> channels;
    channels.resize(N, 3);
    gr::tensor<float, 1> mean({3}, 0.0f), variance({3}, 0.0f);
    channels.moments(x.data(), mean.data(), variance.data());
    const double n = static_cast<double>(N), away = 1000 / n * 5000;
    CHECK(std::abs(static_cast<double>(mean(0)) - 1000) <= 1e-4);
    CHECK(variance(0) == Approx(1).epsilon(1e-6));
    CHECK(mean(1) == Approx(away).epsilon(1e-6));
    // the error is 1.1e-5 with 8 lanes and without fma
    CHECK(variance(1) == Approx((1000 * 25e6 + n - 1000) / n - away * away).epsilon(2e-5));
    CHECK(mean(2) == 0.1f);
    CHECK(variance(2) <= 1e-14f);
}

TEST_CASE("batch_norm: backward goes back through what forward has done, whatever its own context says") {
    auto layer = gr::batch_norm<double>(3);
    layer.theta.running.mean = {1, 2, 3};
    const auto x = draw<matrix>({5, 3}, 1), dy = draw<matrix>({5, 3}, 2);
    gr::gradients grad(layer);
    for (const bool training : {true, false}) {
        gr::pass pass(layer);
        pass.input_gradient = true, pass.training = training;
        (void)gr::forward(layer, x, pass);
        const matrix dx = gr::backward(layer, x, dy, pass, grad.values);
        pass.training = !training;
        CHECK(support::same(gr::backward(layer, x, dy, pass, grad.values), dx));
        CHECK(grad.values.running.count(0) == (training ? 5 : 0));
    }
}

TEST_CASE("batch_norm: computes dx only for somebody who reads it; batches may shrink and grow on one cache") {
    const auto layer = gr::batch_norm<double>(3);
    const auto large = draw<matrix>({50, 3}, 1), small = draw<matrix>({2, 3}, 2);
    gr::pass pass(layer);
    gr::gradients grad(layer);
    const matrix y = gr::forward(layer, large, pass);
    gr::backward(layer, large, large, pass, grad.values);
    CHECK(pass.cache.dx.size() == 0);
    (void)gr::forward(layer, small, pass);
    CHECK(support::same(gr::forward(layer, large, pass), y));
}

TEST_CASE("batch_norm: its statistics stay with it, and are forgotten by initialize alone") {
    gr::batch_norm layer(2, {.momentum = gr::keras_momentum(0.9)});
    layer.theta.running.mean = {1, 2};
    auto net = gr::sequential(gr::dense(3, 2), layer);
    CHECK(net.layer<1>().theta.running.mean == gr::tensor<float, 1>{1, 2});
    net.layer<1>().theta.gamma.fill(7);
    gr::initialize(net, 3);
    CHECK(net.layer<1>().theta.running.mean == gr::tensor<float, 1>{0, 0});
    CHECK(net.layer<1>().theta.running.variance == gr::tensor<float, 1>{1, 1});
    CHECK(net.layer<1>().theta.running.rate == Approx(0.1));
    CHECK(net.layer<1>().theta.gamma == gr::tensor<float, 1>{1, 1});
}

TEST_CASE("batch_norm: a frozen layer learns neither γ nor β, but goes on to see batches; an average copies what it saw") {
    auto net = gr::sequential(gr::batch_norm<double>(3), gr::dense<double>(3, 2));
    gr::optimizer descend(net, gr::gradient_descent{.learning_rate = 0.1});
    descend.freeze(net, "0");
    gr::moving_average average(net);
    const auto x = draw<matrix>({8, 3}, 1, 1, 2);
    gr::pass pass(net);
    gr::gradients grad(net);
    const matrix y = net.forward(x, pass);
    net.backward(x, y, pass, grad);
    descend(net, grad);
    average(net);
    const auto& [gamma, beta] = static_cast<const gr::scale_and_shift<double>&>(net.layer<0>().theta);
    CHECK(gamma == vector{1, 1, 1});
    CHECK(beta == vector{0, 0, 0});
    CHECK(net.layer<0>().theta.running.count(0) == 1);
    average.apply_to(net);
    CHECK(net.layer<0>().theta.running.mean(0) > 0.1);
}

TEST_CASE("batch_norm: what it says") {
    using rows = gr::tensor<float, 2>;
    using images = gr::tensor<float, 4>;
    CHECK(message_of([] { gr::batch_norm(0); }) == "batch_norm: γ (C) needs at least one channel, got 0");
    CHECK(message_of([] { gr::batch_norm(3, {.epsilon = -1}); }) == "batch_norm: √(σ² + ε) needs ε in [0, 1], got -1");
    CHECK(message_of([] { gr::batch_norm(3, {.momentum = gr::keras_momentum(1.5)}); }) ==
          "batch_norm: running statistics need a momentum in [0, 1], a new batch has the weight -0.5");
    const gr::batch_norm layer(3);
    gr::pass pass(layer);
    gr::gradients grad(layer);
    CHECK(message_of([&] { (void)gr::forward(layer, rows({1, 3}, 0.0f), pass); }) ==
          "batch_norm: σ² of a batch needs more than one row, got x of (1, 3): each thread's share of a batch, the last one "
          "too, is normalized by itself; choose another batch size");
    CHECK(message_of([&] { (void)gr::forward(layer, rows({5, 4}, 0.0f), pass); }) ==
          "batch_norm: y = γ ∘ x̂ + β needs x of (N, ..., 3), got (5, 4): γ is (3)");
    CHECK(message_of([&] { (void)gr::forward(layer, rows({0, 3}, 0.0f), pass); }) ==
          "batch_norm: y = γ ∘ x̂ + β got an empty batch, x is (0, 3)");
    const rows x({5, 3}, 0.0f);
    CHECK(message_of([&] { (void)gr::backward(layer, x, x, pass, grad.values); }) ==
          "batch_norm: backward needs the forward of the same x before it: x is (5, 3), the pass holds y of (0, 0)");
    (void)gr::forward(layer, x, pass);
    CHECK(message_of([&] { (void)gr::backward(layer, x, rows({4, 3}, 0.0f), pass, grad.values); }) ==
          "batch_norm: dγ = Σ dy ∘ x̂ needs dy shaped as y (5, 3), got (4, 3)");
    gr::gradients other(gr::batch_norm(4));
    CHECK(message_of([&] { (void)gr::backward(layer, x, x, pass, other.values); }) ==
          "batch_norm: dγ = Σ dy ∘ x̂ needs dγ of (3), got (4): make the gradients of this network, gr::gradients grad(net)");
    grad.values.beta.resize({2});
    CHECK(message_of([&] { (void)gr::backward(layer, x, x, pass, grad.values); }) ==
          "batch_norm: dβ = Σ dy needs dβ of (3), got (2): make the gradients of this network, gr::gradients grad(net)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(5, 4), gr::batch_norm(3)); }) ==
          "batch_norm #1: y = γ ∘ x̂ + β needs x of (N, ..., 3), got (N, 4): γ is (3)");
    gr::pass of_images(layer, images{});
    CHECK(message_of([&] { (void)gr::forward(layer, images({2, 4, 5, 1}, 0.0f), of_images); }) ==
          "batch_norm: y = γ ∘ x̂ + β needs x of (N, ..., 3), got (2, 4, 5, 1): γ is (3)");
}
