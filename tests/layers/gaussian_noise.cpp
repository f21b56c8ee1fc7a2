#include "gradus/layers/gaussian_noise.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using support::message_of;

TEST_CASE_TEMPLATE("gaussian_noise.forward, gaussian_noise.backward: by hand, x + σ n and dy", T, float, double) {
    const gr::gaussian_noise layer{.sigma = 0.5};
    const gr::tensor<T, 3> x({2, 3, 2}, T(1)), dy = support::draw<gr::tensor<T, 3>>({2, 3, 2}, 1);
    gr::pass pass(layer, x);
    gr::no_parameters none;
    const auto& y = gr::forward(layer, x, pass);
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t i = 0; i < 6; ++i)
            CHECK(y.data()[6 * n + i] == T(1) + static_cast<T>(0.5 * gr::random::normal(pass.context().key, n, i)));
    CHECK(support::same(gr::backward(layer, x, dy, pass, none), dy));
}

TEST_CASE("gaussian_noise.forward: mean 0 and deviation σ, and no two elements alike") {
    const gr::gaussian_noise layer{.sigma = 2};
    const gr::tensor<double, 2> x({200, 100}, 3.0);
    gr::pass pass(layer, x);
    double sum = 0, squares = 0;
    for (double v : gr::flat(gr::forward(layer, x, pass))) sum += v - 3, squares += (v - 3) * (v - 3);
    CHECK(std::abs(sum / 20000) < 4 * 2 / std::sqrt(20000.0));
    CHECK(squares / 20000 == doctest::Approx(4).epsilon(4 * std::sqrt(2.0 / 20000)));
}

TEST_CASE("gaussian_noise.backward: central differences") {
    CHECK(gr::gradient_check(gr::gaussian_noise{}, support::draw<matrix>({3, 5}, 1)));
    CHECK(gr::gradient_check(gr::sequential(gr::dense(5, 4), gr::gaussian_noise{.sigma = 1}, gr::dense(4, 2)),
                             support::draw<matrix>({3, 5}, 1)));
}

TEST_CASE("gaussian_noise: inference and σ = 0 change nothing; a batch in shards draws as the whole") {
    const gr::gaussian_noise layer;
    const matrix x({10, 7}, 1.0f), head({4, 7}, 1.0f), tail({6, 7}, 1.0f);
    gr::pass whole(layer, x), first(layer, x), second(layer, x);
    second.first_row = 4;
    const matrix y = gr::forward(layer, x, whole), a = gr::forward(layer, head, first), b = gr::forward(layer, tail, second);
    CHECK(std::equal(a.begin(), a.end(), y.begin()));
    CHECK(std::equal(b.begin(), b.end(), y.begin() + 28));
    CHECK(support::same(gr::forward(gr::gaussian_noise{.sigma = 0}, x, whole), x));
    whole.training = false;
    CHECK(support::same(gr::forward(layer, x, whole), x));
}

TEST_CASE("gaussian_noise: a σ that is none is told with its place") {
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 3), gr::gaussian_noise{.sigma = -1}); }) ==
          "gaussian_noise #1: y = x + σ n needs σ of at least 0, got -1");
    const gr::gaussian_noise nan{.sigma = std::nan("")};
    const matrix x({1, 1}, 0.0f);
    gr::pass pass(nan, x);
    CHECK(message_of([&] { (void)gr::forward(nan, x, pass); }).ends_with("got nan"));
}

TEST_CASE("gaussian_noise: a dy of another shape is told, in inference too") {
    const gr::gaussian_noise layer;
    const matrix x({2, 3}, 1.0f);
    gr::no_parameters none;
    for (bool training : {true, false}) {
        gr::pass pass(layer, x);
        pass.training = training;
        (void)gr::forward(layer, x, pass);
        CHECK(message_of([&] { (void)gr::backward(layer, x, matrix({2, 4}, 1.0f), pass, none); }) ==
              "gaussian_noise: dx = dy needs dy shaped as y (2, 3), got (2, 4)");
    }
}
