#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "../support/message.hpp"
#include "gradus/activations/elu.hpp"
#include "gradus/activations/hard_sigmoid.hpp"
#include "gradus/activations/leaky_relu.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using support::message_of;

TEST_CASE("activation: says an empty batch, a dy of another shape, and a forward that is missing") {
    const gr::relu f;
    gr::activation_cache<matrix> c;
    gr::no_parameters none;
    CHECK(message_of([&] { (void)f.forward(matrix({0, 3}, 0.f), c); }) ==
          "relu: y = f(x) got an empty batch, x is (0, 3)");
    const matrix x({2, 3}, 1.f);
    CHECK(message_of([&] { (void)f.backward(x, x, c, none); }) ==
          "relu: backward needs the forward of the same x before it: x is (2, 3), the pass holds y of (0, 0)");
    (void)f.forward(x, c);
    CHECK(message_of([&] { (void)f.backward(x, matrix({3, 2}, 1.f), c, none); }) ==
          "relu: dx = dy ∘ f'(x) needs dy shaped as y (2, 3), got (3, 2)");
    const auto net = gr::sequential(gr::dense(2, 3), gr::leaky_relu{});
    gr::pass pass(net);
    gr::gradients grad(net);
    const matrix input({4, 2}, 1.f);
    (void)net.forward(input, pass);
    CHECK(message_of([&] { (void)net.backward(input, matrix({4, 2}, 1.f), pass, grad); }) ==
          "leaky_relu #1: dx = dy ∘ f'(x) needs dy shaped as y (4, 3), got (4, 2)");
}

TEST_CASE("activation: options that f is not made for are told, as a layer and when a dense is made") {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    const auto told = [](const auto& f, const std::string& error) {
        CHECK(message_of([&] { (void)gr::dense(2, 3, f); }) == error);
        const auto net = gr::sequential(gr::dense(2, 3), f);
        gr::pass pass(net);
        std::string placed = error;
        placed.insert(placed.find(':'), " #1");
        CHECK(message_of([&] { (void)net.forward(matrix({4, 2}, 1.f), pass); }) == placed);
    };
    told(gr::leaky_relu{.slope = nan}, "leaky_relu: f(z) needs a finite slope, got nan");
    told(gr::leaky_relu{.slope = -infinity}, "leaky_relu: f(z) needs a finite slope, got -inf");
    told(gr::elu{.alpha = nan}, "elu: f(z) needs a finite alpha, got nan");
    told(gr::hard_sigmoid{.reach = 0}, "hard_sigmoid: f(z) needs a finite reach above 0, got 0");
    told(gr::hard_sigmoid{.reach = -2.5}, "hard_sigmoid: f(z) needs a finite reach above 0, got -2.5");
    told(gr::hard_sigmoid{.reach = nan}, "hard_sigmoid: f(z) needs a finite reach above 0, got nan");
    CHECK_NOTHROW((void)gr::dense(2, 3, gr::leaky_relu{.slope = -1}));
    CHECK_NOTHROW((void)gr::dense(2, 3, gr::elu{.alpha = 0}));
}
