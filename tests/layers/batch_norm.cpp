#include "gradus/layers/batch_norm.hpp"

#include <doctest/doctest.h>

#include "gradus/check/gradient_check.hpp"
#include "gradus/core/pass.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;
using vector = gr::tensor<double, 1>;
using support::draw;
using support::message_of;

TEST_CASE("batch_norm.mean, batch_norm.variance, batch_norm.forward, batch_norm.dbeta, batch_norm.dgamma, batch_norm.dx: by hand") {
    auto layer = gr::batch_norm<double>(2, {.epsilon = 0});
    layer.theta.gamma = {3, 1}, layer.theta.beta = {1, -1};
    const matrix x{{1, 0}, {3, 0}, {5, 3}, {7, 9}};  // μ = 4, 3; σ² = 5, 13.5
    gr::pass pass(layer);
    pass.input_gradient = true;
    gr::gradients grad(layer);
    const auto& y = gr::forward(layer, x, pass);
    CHECK(pass.cache.used.mean == vector{4, 3});
    CHECK(pass.cache.used.variance == vector{5, 13.5});
    CHECK(y(0, 0) == doctest::Approx(1 - 9 / std::sqrt(5.0)));
    CHECK(y(3, 1) == doctest::Approx(-1 + 6 / std::sqrt(13.5)));
    const matrix dy{{1, 0}, {0, 0}, {0, 0}, {0, 0}};
    const auto& dx = gr::backward(layer, x, dy, pass, grad.values);
    CHECK(grad.values.beta == vector{1, 0});
    CHECK(grad.values.gamma(0) == doctest::Approx(-3 / std::sqrt(5.0)));  // x̂ of the first
    for (std::size_t n = 0; n < 4; ++n) {                                 // 3/√5 (dy − 1/4 − x̂ₙ x̂₀ / 4)
        const double x_hat = (x(n, 0) - 4) / std::sqrt(5.0);
        CHECK(dx(n, 0) == doctest::Approx(3 / std::sqrt(5.0) * (dy(n, 0) - 0.25 + x_hat * 3 / std::sqrt(5.0) / 4)));
        CHECK(dx(n, 1) == 0);
    }
}

TEST_CASE("batch_norm.dgamma, batch_norm.dbeta, batch_norm.dx: central differences, in training and in inference") {
    gr::batch_norm layer(3);
    layer.theta.gamma = {0.5f, -1.5f, 2}, layer.theta.beta = {1, 2, 3};
    layer.theta.running.mean = {0.1f, 0.2f, 0.3f}, layer.theta.running.variance = {0.5f, 1.5f, 2.5f};
    for (const bool training : {true, false}) {
        CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 2>>({6, 3}, 1), {.training = training}));
        CHECK(gr::gradient_check(layer, draw<gr::tensor<float, 4>>({2, 5, 7, 3}, 1), {.training = training}));
    }
}
