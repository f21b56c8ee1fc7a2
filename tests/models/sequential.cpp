#include "gradus/models/sequential.hpp"

#include <doctest/doctest.h>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using support::message_of;

TEST_CASE("sequential.forward: ŷ = f₂(f₁(x)), by hand") {
    auto net = gr::sequential(gr::dense(2, 2, gr::relu{}), gr::dense(2, 1));
    net.layer<0>().theta = {{{1, -1}, {2, 1}}, {0, 1}};
    net.layer<1>().theta = {{{1}, {10}}, {0.5f}};
    gr::pass pass(net);
    // z₁ = (1·1 + 2·1, −1·1 + 1·1 + 1) = (3, 1), (−3, 1) → y₁ = (3, 1), (0, 1)
    CHECK(net.forward(matrix{{1, 1}, {-1, -1}}, pass) == matrix{{13.5f}, {10.5f}});
}

TEST_CASE("sequential.backward: dy of a layer is dx of the next, by hand") {
    auto net = gr::sequential(gr::dense(1, 1), gr::dense(1, 1));
    net.layer<0>().theta = {{{2}}, {1}};
    net.layer<1>().theta = {{{3}}, {0}};
    const matrix x{{5}};
    gr::pass pass(net);
    gr::gradients grad(net);
    pass.input_gradient = true;
    CHECK(net.forward(x, pass) == matrix{{33}});               // y₁ = 11, y₂ = 33
    CHECK(net.backward(x, matrix{{1}}, pass, grad) == matrix{{6}});  // dx = 1·3·2
    CHECK(std::get<1>(grad.values.layers).W(0, 0) == 11);      // dW₂ = y₁ dy
    CHECK(std::get<0>(grad.values.layers).W(0, 0) == 15);      // dW₁ = x · 3
    CHECK(std::get<0>(grad.values.layers).b(0) == 3);
}

TEST_CASE("sequential.backward: central differences, with a random upstream gradient") {
    gr::seed(1);
    const auto x = support::draw<matrix>({5, 4}, 1);
    CHECK(gr::gradient_check(gr::sequential(gr::dense(4, 6, gr::tanh{}), gr::dense(6, 3, gr::softmax{})), x));
    CHECK(gr::gradient_check(gr::sequential(gr::sequential(gr::dense(4, 6, gr::sigmoid{})), gr::dense(6, 3)), x));
    CHECK(gr::gradient_check(gr::sequential(gr::dense<double>(4, 6, gr::tanh{}), gr::dense<double>(6, 3)),
                             support::draw<gr::tensor<double, 2>>({5, 4}, 1)));
}

TEST_CASE("sequential: layers that do not fit are told when it is put together, by place or name, in depth") {
    CHECK_THROWS_WITH_AS(gr::sequential(gr::dense(2, 3), gr::dense(3, 100), gr::dense(120, 10)),
                         "dense #2: y = f(xW + b) needs x of (N, 120), got (N, 100): W is (120, 10)", gr::shape_error);
    CHECK_THROWS_WITH_AS(gr::sequential(gr::dense(2, 3), gr::named("out", gr::dense(4, 1))),
                         "dense #out: y = f(xW + b) needs x of (N, 4), got (N, 3): W is (4, 1)", gr::shape_error);
    CHECK_THROWS_WITH_AS(gr::sequential(gr::dense(2, 3), gr::sequential(gr::dense(4, 1))),
                         "dense #1.0: y = f(xW + b) needs x of (N, 4), got (N, 3): W is (4, 1)", gr::shape_error);
}

TEST_CASE("sequential: put together, only what is known of a sample is checked: of a dense layer's x the last axis") {
    const auto rows = gr::sequential(gr::dense(3, 8, gr::tanh{}), gr::flatten{}, gr::dense(40, 2));  // x (N, 5, 3)
    CHECK(gr::gradient_check(rows, support::draw<gr::tensor<float, 3>>({4, 5, 3}, 1)));
    CHECK(gr::summary(rows, {5, 3}) ==
          "layer       output      parameters\n"
          "0 dense     (N, 5, 8)           32\n"
          "1 flatten   (N, 40)              0\n"
          "2 dense     (N, 2)              82\n"
          "114 parameters\n");
    CHECK(rows.output_shape({5, 3}) == std::vector<std::size_t>{2});
    const auto parts = gr::sequential(gr::reshaped({5, 3}), gr::dense(3, 8), gr::flatten{}, gr::dense(40, 2));
    CHECK(gr::gradient_check(parts, support::draw<matrix>({4, 15}, 1)));
    const auto joined = gr::sequential(gr::dense(3, 8), gr::reshaped({40}), gr::dense(40, 1));
    CHECK(gr::gradient_check(joined, support::draw<gr::tensor<float, 3>>({4, 5, 3}, 1)));
    CHECK(joined.output_shape({}) == std::vector<std::size_t>{1});
    CHECK_NOTHROW((void)gr::sequential(gr::dense(3, 6), gr::random_shift{.height = 4, .width = 3, .by = 1}, gr::dense(6, 2)));
    CHECK_NOTHROW((void)gr::sequential(gr::dense(3, 8), gr::sequential(gr::relu{}, gr::flatten{}), gr::dense(40, 2)));
    CHECK_NOTHROW((void)gr::sequential(gr::dense(3, 8), gr::residual(gr::flatten{}, gr::reshaped({40})), gr::dense(40, 2)));
    CHECK_NOTHROW((void)gr::sequential(gr::dense(3, 8), gr::repeat(2, gr::sequential(gr::flatten{}, gr::dense(40, 40)))));
}

TEST_CASE("sequential: what is known for certain is still checked when it is put together") {
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({5, 3}), gr::dense(3, 8), gr::flatten{}, gr::dense(41, 2)); }) ==
          "dense #3: y = f(xW + b) needs x of (N, 41), got (N, 40): W is (41, 2)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(3, 8), gr::reshaped({40}), gr::dense(39, 2)); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 39), got (N, 40): W is (39, 2)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 3), gr::sequential(gr::dense(4, 1), gr::flatten{})); }) ==
          "dense #1.0: y = f(xW + b) needs x of (N, 4), got (N, 3): W is (4, 1)");
    CHECK(message_of([] { (void)gr::sequential(gr::sequential(gr::reshaped({5, 3})), gr::flatten{}, gr::dense(14, 1)); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 14), got (N, 15): W is (14, 1)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 3), gr::repeat(2, gr::dense(4, 4))); }) ==
          "dense #1.0: y = f(xW + b) needs x of (N, 4), got (N, 3): W is (4, 4)");
    const auto net = gr::sequential(gr::dense(3, 8), gr::flatten{}, gr::dense(40, 2));
    CHECK(message_of([&] { (void)net.output_shape({4, 3}); }) ==
          "dense #2: y = f(xW + b) needs x of (N, 40), got (N, 32): W is (40, 2)");
}

TEST_CASE("sequential: inputs that do not fit are told where they arrive") {
    const auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 1));
    gr::pass pass(net);
    CHECK_THROWS_WITH_AS(net.forward(matrix({4, 5}, 0.0f), pass),
                         "dense #0: y = f(xW + b) needs x of (N, 2), got (4, 5): W is (2, 3)", gr::shape_error);
    CHECK_THROWS_WITH_AS(net.forward(matrix({0, 2}), pass), "dense #0: y = f(xW + b) got an empty batch, x is (0, 2)",
                         gr::shape_error);
}

TEST_CASE("sequential: a value: a copy trains for itself") {
    gr::seed(1);
    auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 1));
    const auto copy = net;
    gr::fit(net, gr::mse{}, gr::adam{}, gr::data::xor_gate(), {.progress = gr::show::never});
    CHECK_FALSE(net.layer<0>().theta.W == copy.layer<0>().theta.W);
    net = copy;
    CHECK(net.layer<0>().theta.W == copy.layer<0>().theta.W);
}

TEST_CASE("sequential: says the shape that it makes of a sample, and whether that is probabilities") {
    const auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 4, gr::softmax{}));
    CHECK(net.input_shape() == std::vector<std::size_t>{2});
    CHECK(net.output_shape({2}) == std::vector<std::size_t>{4});
    CHECK(net.output_shape({7, 2}) == std::vector<std::size_t>{7, 4});
    CHECK(gr::says_probabilities(net));
    CHECK_FALSE(gr::says_probabilities(gr::sequential(gr::dense(2, 3))));
    CHECK(gr::says_probabilities(gr::sequential(gr::sequential(gr::dense(2, 3, gr::sigmoid{})))));
}

TEST_CASE("sequential.backward: goes no further back than somebody learns, unless dx is asked for") {
    gr::seed(1);
    auto net = gr::sequential(gr::random_shift{.height = 2, .width = 2, .by = 1}, gr::dropout{0.2}, gr::dense(4, 3), gr::dense(3, 1));
    const auto x = support::draw<gr::tensor<float, 2>>({5, 4}, 1), dy = support::draw<gr::tensor<float, 2>>({5, 1}, 2);
    gr::gradients with(net), without(net);
    for (const bool asked : {true, false}) {
        gr::pass pass(net, x);
        pass.input_gradient = asked;
        (void)net.forward(x, pass);
        (void)net.backward(x, dy, pass, asked ? with : without);
        CHECK(std::get<2>(pass.cache.layers).dx.size() == (asked ? x.size() : 0));
        CHECK(std::get<0>(pass.cache.layers).dx.size() == (asked ? x.size() : 0));
    }
    gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(support::same(a, b)); }, with.values, without.values);
}
