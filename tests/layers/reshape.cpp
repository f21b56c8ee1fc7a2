#include "gradus/layers/reshape.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using images = gr::tensor<float, 4>;
using support::message_of;

TEST_CASE("flatten.forward, flatten.backward: by hand") {
    const gr::tensor<double, 3> x = {{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}};
    const gr::tensor<double, 2> dy = {{8, 7, 6, 5}, {4, 3, 2, 1}};
    gr::pass pass(gr::flatten{}, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    CHECK(gr::forward(gr::flatten{}, x, pass) == gr::tensor<double, 2>{{1, 2, 3, 4}, {5, 6, 7, 8}});
    CHECK(gr::backward(gr::flatten{}, x, dy, pass, none) == gr::tensor<double, 3>{{{8, 7}, {6, 5}}, {{4, 3}, {2, 1}}});
}

TEST_CASE("reshaped.forward, reshaped.backward: by hand") {
    const auto layer = gr::reshaped({2, 1});
    const gr::tensor<double, 2> x = {{1, 2}, {3, 4}};
    const gr::tensor<double, 3> dy = {{{4}, {3}}, {{2}, {1}}};
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    CHECK(gr::forward(layer, x, pass) == gr::tensor<double, 3>{{{1}, {2}}, {{3}, {4}}});
    CHECK(gr::backward(layer, x, dy, pass, none) == gr::tensor<double, 2>{{4, 3}, {2, 1}});
}

TEST_CASE_TEMPLATE("flatten.forward, flatten.backward, reshaped.forward, reshaped.backward: PyTorch's values", T, float, double) {
    const auto equal = [](const auto& layer, const auto& x, const auto& y, const auto& dx, const auto& dy) {
        gr::pass pass(layer, x);
        pass.input_gradient = true;
        gr::no_parameters none;
        CHECK(support::same(gr::forward(layer, x, pass), y));
        CHECK(support::same(gr::backward(layer, x, dy, pass, none), dx));
    };
    using rows = gr::tensor<T, 2>;
    using pictures = gr::tensor<T, 4>;
    equal(gr::flatten{}, support::pytorch<pictures>("layers/flatten.x"), support::pytorch<rows>("layers/flatten.y"),
          support::pytorch<pictures>("layers/flatten.dx"), support::pytorch<rows>("layers/flatten.dy"));
    equal(gr::reshaped({4, 2, 5}), support::pytorch<rows>("layers/reshaped.x"), support::pytorch<pictures>("layers/reshaped.y"),
          support::pytorch<rows>("layers/reshaped.dx"), support::pytorch<pictures>("layers/reshaped.dy"));
}

TEST_CASE("flatten.backward, reshaped.backward: central differences, alone and in a row") {
    CHECK(gr::gradient_check(gr::flatten{}, support::draw<images>({2, 3, 2, 2}, 1)));
    CHECK(gr::gradient_check(gr::flatten{}, support::draw<matrix>({2, 3}, 1)));
    CHECK(gr::gradient_check(gr::reshaped({3, 2, 2}), support::draw<matrix>({2, 12}, 1)));
    const auto net = gr::sequential(gr::reshaped({12}), gr::dense(12, 6), gr::reshaped({3, 1, 2}), gr::flatten{}, gr::dense(6, 2));
    CHECK(gr::gradient_check(net, support::draw<images>({2, 3, 2, 2}, 1)));
}

TEST_CASE("reshape: shapes are checked when a row is put together, and where the input arrives") {
    const auto net = gr::sequential(gr::dense(4, 6), gr::reshaped({3, 2, 1}), gr::flatten{}, gr::dense(6, 2));
    CHECK(net.output_shape({4}) == std::vector<std::size_t>{2});
    CHECK(gr::flatten{}.output_shape({28, 28, 3}) == std::vector<std::size_t>{2352});
    CHECK(message_of([] { (void)gr::sequential(gr::dense(4, 6), gr::reshaped({28, 28})); }) ==
          "reshaped #1: a sample of (28, 28) has 784 elements, got (6), which has 6");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(4, 6), gr::reshaped({3, 2, 1}), gr::flatten{}, gr::dense(5, 2)); }) ==
          "dense #3: y = f(xW + b) needs x of (N, 5), got (N, 6): W is (5, 2)");
    CHECK(message_of([] { (void)gr::reshaped({3, 0}); }) == "reshaped: each size is at least 1, got (3, 0)");
    const auto layer = gr::reshaped({2, 3});
    const matrix x({4, 6}, 1.0f), other({4, 5}, 1.0f);
    gr::pass pass(layer, x);
    gr::no_parameters none;
    CHECK(message_of([&] { (void)gr::forward(layer, other, pass); }) ==
          "reshaped: a sample of (2, 3) has 6 elements, got (5), which has 5");
    (void)gr::forward(layer, x, pass);
    CHECK(message_of([&] { (void)gr::backward(layer, x, gr::tensor<float, 3>({4, 3, 2}, 1.0f), pass, none); }) ==
          "reshaped: dx has the elements of dy, which needs the shape of y (4, 2, 3), got (4, 3, 2)");
    CHECK(gr::backward(layer, x, gr::tensor<float, 3>({4, 2, 3}, 1.0f), pass, none).size() == 0);  // dx is not needed
}

TEST_CASE("reshape: a batch of none stays one") {
    const matrix x({0, 6});
    const auto layer = gr::reshaped({3, 2});
    gr::pass pass(layer, x);
    CHECK(gr::forward(layer, x, pass).shape() == std::array<std::size_t, 3>{0, 3, 2});
    const images none({0, 2, 2, 3});
    gr::pass flat(gr::flatten{}, none);
    CHECK(gr::forward(gr::flatten{}, none, flat).shape() == std::array<std::size_t, 2>{0, 12});
}
