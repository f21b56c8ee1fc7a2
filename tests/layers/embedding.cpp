#include "gradus/layers/embedding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/models/summary.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/optimizers/adamw.hpp"
#include "gradus/optimizers/optimizer.hpp"
#include "gradus/reference/embedding.hpp"

#include "../support/central_difference.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using indices = gr::tensor<std::int32_t, 2>;
using support::draw;
using support::message_of;

namespace {

/// Random indices 0..V−1, with repetitions if there are many.
template <std::size_t N>
gr::tensor<std::int32_t, N> some(const typename gr::tensor<std::int32_t, N>::shape_type& shape, std::size_t V, std::uint64_t key = 3) {
    gr::tensor<std::int32_t, N> x(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<std::int32_t>(gr::random::integer(key, i, V));
    return x;
}

}  // namespace

TEST_CASE("embedding.forward, embedding.dE: by hand") {
    auto layer = gr::embedding<double>(3, 2);
    layer.theta.E = {{1, 2}, {3, 4}, {5, 6}};
    const indices x{{2, 0}, {2, 2}};
    gr::pass pass(layer);
    gr::gradients grad(layer);
    CHECK(gr::forward(layer, x, pass) == gr::tensor<double, 3>{{{5, 6}, {1, 2}}, {{5, 6}, {5, 6}}});
    const gr::tensor<double, 3> dy{{{1, 10}, {2, 20}}, {{4, 40}, {8, 80}}};
    grad.values.E.fill(NAN);  // backward must assign
    CHECK(gr::backward(layer, x, dy, pass, grad.values).size() == 0);
    CHECK(grad.values.E == gr::tensor<double, 2>{{2, 20}, {0, 0}, {13, 130}});
    layer.options.padding = 2;
    (void)gr::forward(layer, x, pass);
    (void)gr::backward(layer, x, dy, pass, grad.values);
    CHECK(grad.values.E == gr::tensor<double, 2>{{2, 20}, {0, 0}, {0, 0}});
}

TEST_CASE("embedding.dE: central differences, of θ alone, for indices of one to three axes") {
    const auto check = [](auto x) {
        const auto report = gr::gradient_check(gr::embedding(7, 5), x);
        CHECK(report);
        CHECK_FALSE(report.in_float);
        CHECK(report.entries == 7 * 5);
        CHECK(report.where.starts_with("dE["));
    };
    check(some<1>({20}, 7)), check(some<2>({3, 4}, 7)), check(some<3>({2, 3, 2}, 7));
    const auto net = gr::sequential(gr::embedding(6, 4), gr::dense(4, 3));
    CHECK(gr::gradient_check(net, some<2>({3, 5}, 6)));

    auto layer = gr::embedding<double>(7, 5);
    const auto x = some<2>({4, 6}, 7);
    const auto dy = draw<gr::tensor<double, 3>>({4, 6, 5}, 1);
    gr::pass pass(layer);
    gr::gradients grad(layer);
    (void)gr::forward(layer, x, pass), (void)gr::backward(layer, x, dy, pass, grad.values);
    const auto J = [&] { return support::dot(dy, gr::forward(layer, x, pass)); };
    CHECK(support::relative_error(grad.values.E, support::slopes(J, layer.theta.E)) <= 1e-7);
}

TEST_CASE_TEMPLATE("embedding.forward, embedding.dE: PyTorch's values, with repeated indices and padding", T, float, double) {
    const auto equals = []<std::size_t N>(const std::string& of, std::optional<std::int32_t> padding, gr::tensor<T, N>) {
        CAPTURE(of);
        const std::string at = "embedding/" + of + ".";
        const auto x = support::stored(at + "x").template to<gr::tensor<std::int32_t, N - 1>>();
        const auto E = support::pytorch<gr::tensor<T, 2>>(at + "E");
        auto layer = gr::embedding<T>(E.shape()[0], E.shape()[1], {.padding = padding});
        layer.theta.E = E;
        gr::pass pass(layer, x);
        gr::gradients grad(layer);
        CHECK(support::same(gr::forward(layer, x, pass), support::pytorch<gr::tensor<T, N>>(at + "y")));
        (void)gr::backward(layer, x, support::pytorch<gr::tensor<T, N>>(at + "dy"), pass, grad.values);
        CHECK(support::difference(grad.values.E, support::pytorch<gr::tensor<double, 2>>(at + "dE")) <= support::tolerance<T>(x.size()));
    };
    equals("one", {}, gr::tensor<T, 2>{});
    equals("flat", 3, gr::tensor<T, 2>{});
    equals("sequence", 0, gr::tensor<T, 3>{});
    equals("plain", {}, gr::tensor<T, 3>{});
    equals("deep", 4, gr::tensor<T, 4>{});
}

TEST_CASE_TEMPLATE("embedding.forward, embedding.dE: the textbook's twin, a product with one-hot rows", T, float, double) {
    for (const std::size_t D : {1u, 8u, 17u, 64u})
        for (const auto& padding : {std::optional<std::int32_t>(), std::optional<std::int32_t>(2)}) {
            auto layer = gr::embedding<T>(9, D, {.padding = padding});
            const auto x = some<1>({50}, 9);
            const auto dy = draw<gr::tensor<T, 2>>({50, D}, 1);
            const gr::reference::embedding<T> twin(x, layer.theta.E, dy, padding);
            gr::pass pass(layer, x);
            gr::gradients grad(layer);
            CHECK(support::same(gr::forward(layer, x, pass), twin.y));
            (void)gr::backward(layer, x, dy, pass, grad.values);
            CHECK(support::difference(grad.values.E, twin.dE) <= support::tolerance<T>(50));
        }
}

TEST_CASE("embedding: E begins as N(0, 1), or as it is told; the row of the padding is 0, and stays so") {
    auto net = gr::sequential(gr::embedding(500, 40, {.padding = 7}), gr::dense(40, 2));
    const auto& E = net.layer<0>().theta.E;
    double sum = 0, squares = 0;
    for (const float e : E) sum += e, squares += e * e;
    CHECK(std::abs(sum / 20000) < 0.03);
    CHECK(std::abs(squares / (499 * 40) - 1) < 0.05);
    const auto row = [&](std::size_t v) { return std::span(E.data() + v * 40, 40); };
    const auto is_zero = [](float e) { return e == 0; };
    CHECK(std::ranges::all_of(row(7), is_zero));
    CHECK(std::ranges::none_of(row(6), is_zero));
    const auto keras = gr::embedding(50, 4, {}, gr::uniform{});
    CHECK(std::ranges::all_of(keras.theta.E, [](float e) { return e >= -0.05f && e < 0.05f; }));

    gr::optimizer descend(net, gr::adamw{});
    const indices x{{7, 1}, {2, 7}};
    gr::pass pass(net);
    gr::gradients grad(net);
    for (int t = 0; t < 5; ++t) {
        const auto& y = net.forward(x, pass);
        net.backward(x, gr::tensor<float, 3>(y), pass, grad);
        descend(net, grad);
    }
    CHECK(std::ranges::all_of(row(7), is_zero));
}

TEST_CASE("embedding: drawn by its place, in any scalar; a copy in double is the same table") {
    const auto net = gr::sequential(gr::embedding(9, 4), gr::dense(4, 9)), again = gr::sequential(gr::embedding(9, 4), gr::dense(4, 9));
    CHECK(support::same(net.layer<0>().theta.E, again.layer<0>().theta.E));
    const auto elsewhere = gr::sequential(gr::dense(1, 1), gr::embedding(9, 4));
    CHECK_FALSE(support::same(net.layer<0>().theta.E, elsewhere.layer<1>().theta.E));
    const auto wide = gr::to_scalar<double>(gr::embedding(9, 4, {.padding = 3}));
    CHECK(wide.theta.E(3, 0) == 0);
    CHECK(wide.options.padding == 3);
}

TEST_CASE("embedding: layers behind it are checked when a sequential is put together; a summary") {
    CHECK(message_of([] { (void)gr::sequential(gr::embedding(10, 4), gr::dense(5, 2)); }) ==
          "dense #1: y = f(xW + b) needs x of (N, 5), got (N, 4): W is (5, 2)");
    const auto net = gr::sequential(gr::embedding(10, 4), gr::dense(4, 2));
    CHECK(net.output_shape({7}) == std::vector<std::size_t>{7, 2});
    CHECK(gr::summary(net, {7}) ==
          "layer         output      parameters\n"
          "0 embedding   (N, 7, 4)           40\n"
          "1 dense       (N, 7, 2)           10\n"
          "50 parameters\n");
}

TEST_CASE("embedding: what it says") {
    const auto layer = gr::embedding(5, 3);
    gr::pass pass(layer);
    gr::gradients grad(layer);
    const auto forward = [&](const indices& x) { return message_of([&] { (void)gr::forward(layer, x, pass); }); };
    CHECK(forward({{0, 1}, {2, 5}}) == "embedding: index 5 at (1, 1) is not one of 5, counted from 0: E is (5, 3)");
    CHECK(forward({{0, -1}, {2, 5}}) == "embedding: index -1 at (0, 1) is not one of 5, counted from 0: E is (5, 3)");
    pass.first_row = 16;  // of a batch that is split over threads
    CHECK(forward({{0, 1}, {2, 5}}) == "embedding: index 5 at (17, 1) is not one of 5, counted from 0: E is (5, 3)");
    CHECK(forward(indices({0, 4})) == "embedding: y = E[x] got an empty batch, x is (0, 4)");
    const indices x{{0, 1}};
    (void)gr::forward(layer, x, pass);
    const auto backward = [&](const indices& of, const gr::tensor<float, 3>& dy, auto& into) {
        return message_of([&] { (void)gr::backward(layer, of, dy, pass, into.values); });
    };
    const gr::tensor<float, 3> dy({1, 2, 3}, 1.f);
    CHECK(backward(x, gr::tensor<float, 3>({1, 2, 4}), grad) == "embedding: dE[x] += dy needs dy shaped as y (1, 2, 3), got (1, 2, 4)");
    CHECK(backward({{0, 1, 2}}, dy, grad) ==
          "embedding: backward needs the forward of the same x before it: x is (1, 3), the pass holds y of (1, 2, 3)");
    CHECK(backward({{0, 9}}, dy, grad) == "embedding: index 9 at (16, 1) is not one of 5, counted from 0: E is (5, 3)");
    gr::gradients other(gr::embedding(4, 3));
    CHECK(backward(x, dy, other) ==
          "embedding: dE[x] += dy needs dE of (5, 3), got (4, 3): make the gradients of this network, gr::gradients grad(net)");
    CHECK(message_of([] { (void)gr::embedding(0, 3); }) == "embedding: E (V, D) needs both sizes at least 1, got (0, 3)");
    CHECK(message_of([] { (void)gr::embedding(5, 3, {.padding = 5}); }) ==
          "embedding: padding = 5 is not one of 5 indices, counted from 0");
    CHECK(message_of([] { (void)gr::embedding(5, 3, {.padding = -1}); }) ==
          "embedding: padding = -1 is not one of 5 indices, counted from 0");
}
