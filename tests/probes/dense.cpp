// Dense over any rank, and with an activation whose backward reads z: what one layer serves.
#include <doctest/doctest.h>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using cube = gr::tensor<float, 3>;

TEST_CASE("probe.rank_3: (N, T, I) is N·T rows, forward and backward") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(3, 5, gr::tanh{}), gr::dense(5, 2));
    const auto x = support::draw<cube>({4, 6, 3}, 1);
    const auto dy = support::draw<cube>({4, 6, 2}, 2);
    gr::pass pass(net, x);
    gr::gradients grad(net), flat_grad(net);
    const cube y = net.forward(x, pass);
    net.backward(x, dy, pass, grad);

    const auto x_rows = gr::data::with_shape(x, {24, 3}), dy_rows = gr::data::with_shape(dy, {24, 2});
    gr::pass flat_pass(net);
    CHECK(support::same(gr::data::with_shape(y, {24, 2}), net.forward(x_rows, flat_pass)));
    net.backward(x_rows, dy_rows, flat_pass, flat_grad);
    gr::each([](const auto&, const auto& a, const auto& b) { CHECK(a == b); }, grad.values, flat_grad.values);
    CHECK(gr::gradient_check(net, x));
    CHECK(gr::gradient_check(net, support::draw<gr::tensor<float, 4>>({2, 2, 2, 3}, 1)));
}

TEST_CASE("probe.rank_3: fit, predict, classes and the losses take (N, T, O)") {
    gr::seed(1);
    auto net = gr::sequential(gr::dense(3, 8, gr::tanh{}), gr::dense(8, 2));
    const auto x = support::draw<cube>({40, 6, 3}, 1);
    gr::tensor<std::int32_t, 2> y({40, 6});
    for (std::size_t r = 0; r < y.size(); ++r) y.data()[r] = x.data()[3 * r] > x.data()[3 * r + 1] ? 1 : 0;
    gr::fit(net, gr::cross_entropy{}, gr::adam{.learning_rate = 0.02}, gr::dataset(x, y),
            {.epochs = 40, .batch_size = 8, .threads = 2, .progress = gr::show::never});
    CHECK(gr::accuracy(gr::classes(net, x), y) > 0.97);
    CHECK(gr::summary(net, x) ==
          "layer     output      parameters\n"
          "0 dense   (N, 6, 8)           32\n"
          "1 dense   (N, 6, 2)           18\n"
          "50 parameters\n");
}

TEST_CASE("probe.gelu: fused into dense it is gelu of the linear layer, and its backward reads z") {
    gr::seed(1);
    const auto fused = gr::dense(3, 4, gr::gelu{});
    auto linear = gr::dense(3, 4);
    linear.theta.W = fused.theta.W;
    const auto x = support::draw<matrix>({5, 3}, 1);
    matrix y = gr::predict(linear, x);
    for (float& v : gr::flat(y)) v = gr::gelu::value(v);
    CHECK(support::difference(gr::predict(fused, x), y) < 1e-6);
    CHECK(gr::gradient_check(fused, x));
    CHECK(gr::gradient_check(gr::sequential(fused, gr::dense(4, 4, gr::gelu{}), gr::dense(4, 2)), x));
}
