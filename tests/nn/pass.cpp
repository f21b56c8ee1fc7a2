#include "gradus/nn/pass.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "gradus.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

TEST_CASE("pass: knows its input where the first layer does, else by example") {
    const auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 1));
    const gr::pass p(net);
    static_assert(std::is_same_v<decltype(p)::input, matrix>);
    const gr::tensor<float, 3> x({4, 5, 2}, 0.0f);
    const gr::pass q(net, x);
    static_assert(std::is_same_v<decltype(q)::input, gr::tensor<float, 3>>);
    CHECK(p.training);
    CHECK_FALSE(p.input_gradient);
}

TEST_CASE("pass: two live forwards need two; kept in a vector, copied and moved it is a value") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(2, 3, gr::tanh{}), gr::dense(3, 1));
    const auto x1 = support::draw<matrix>({4, 2}, 1), x2 = support::draw<matrix>({4, 2}, 2), dy = support::draw<matrix>({4, 1}, 3);
    gr::gradients expected(net), got(net);
    {
        gr::pass p(net);
        net.forward(x1, p);
        net.backward(x1, dy, p, expected);
    }
    std::vector<gr::pass<std::remove_const_t<decltype(net)>>> passes(2, gr::pass(net));
    net.forward(x1, passes[0]);
    net.forward(x2, passes[1]);
    passes.emplace_back(net);  // moves them all
    const auto copy = passes[0];
    net.forward(x2, passes[0]);
    passes[0] = copy;
    net.backward(x1, dy, passes[0], got);
    gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(a == b); }, expected.values, got.values);
}

TEST_CASE("pass: backward without the forward of the same x says so, with any other shape") {
    const auto net = gr::sequential(gr::dense(2, 3, gr::tanh{}));
    gr::pass p(net);
    gr::gradients grad(net);
    const matrix x({4, 2}, 0.0f), other({5, 2}, 0.0f);
    net.forward(x, p);
    CHECK_THROWS_WITH_AS(net.backward(other, matrix({5, 3}, 0.0f), p, grad),
                         "dense #0: backward needs the forward of the same x before it: x is (5, 2), the pass holds y of (4, 3)",
                         gr::shape_error);
    CHECK_THROWS_WITH_AS(net.backward(x, matrix({4, 2}, 0.0f), p, grad),
                         "dense #0: dz = dy ∘ f'(z) needs dy shaped as y (4, 3), got (4, 2)", gr::shape_error);
}

TEST_CASE("pass: the first layer's dx is computed where somebody asks for it") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(2, 3, gr::tanh{}), gr::dense(3, 1));
    const auto x = support::draw<matrix>({4, 2}, 1);
    gr::pass p(net);
    gr::gradients grad(net);
    const matrix y = net.forward(x, p);
    CHECK(net.backward(x, y, p, grad).size() == 0);
    p.input_gradient = true;
    CHECK(net.backward(x, y, p, grad).shape() == x.shape());
}

TEST_CASE("pass: the random stream is keyed by seed and step, and each layer has its own") {
    const auto net = gr::sequential(gr::dense(2, 3));
    gr::pass p(net), q(net);
    CHECK(p.context().key == q.context().key);
    q.step = 1;
    CHECK(p.context().key != q.context().key);
    q.step = 0, q.seed = p.seed + 1;
    CHECK(p.context().key != q.context().key);
    CHECK(p.context().inside(0).key != p.context().inside(1).key);
    CHECK(p.context().uniform(3, 1) == p.context().uniform(3, 1));
    q.seed = p.seed, q.first_row = 3;
    CHECK(q.context().uniform(0, 1) == p.context().uniform(3, 1));
}

TEST_CASE("pass: forward and backward of any layer through the free functions, with the mask that the pass holds") {
    gr::seed(1);
    const auto layer = gr::dense(2, 3, gr::tanh{});
    const auto x = support::draw<matrix>({4, 2}, 1);
    gr::pass p(layer);
    gr::gradients grad(layer);
    const matrix y = gr::forward(layer, x, p);
    gr::backward(layer, x, y, p, grad);
    CHECK(grad.norm() > 0);
    CHECK(p.context().mask == nullptr);
    p.mask = gr::tensor<bool, 2>({4, 1}, true);
    CHECK(p.context().mask == &p.mask);
}
