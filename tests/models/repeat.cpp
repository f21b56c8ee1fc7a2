#include "gradus/models/repeat.hpp"

#include <doctest/doctest.h>

#include "gradus/activations/tanh.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/paths.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using support::message_of;

TEST_CASE("repeat.forward: by hand, and back") {
    auto net = gr::repeat(2, gr::dense(1, 1));
    net.layers[0].theta = {{{2}}, {1}};   // f₁(x) = 2x + 1
    net.layers[1].theta = {{{3}}, {-1}};  // f₂(x) = 3x − 1
    const matrix x = {{1}, {-2}}, dy = {{1}, {10}};
    gr::pass pass(net, x);
    pass.input_gradient = true;
    CHECK(gr::forward(net, x, pass) == matrix{{8}, {-10}});  // 3 (2x + 1) − 1
    gr::gradients grad(net);
    CHECK(gr::backward(net, x, dy, pass, grad) == matrix{{6}, {60}});  // dx = 2 · 3 · dy
    CHECK(grad.values.layers[1].W == matrix{{1 * 3 + 10 * -3}});       // Σₙ f₁(xₙ) dyₙ
    CHECK(grad.values.layers[1].b(0) == 11);
    CHECK(grad.values.layers[0].W == matrix{{1 * 3 + -2 * 30}});       // Σₙ xₙ 3 dyₙ
    CHECK(grad.values.layers[0].b(0) == 33);
}

TEST_CASE("repeat.forward: the blocks by hand, one after the other, forward and back, bit for bit") {
    const auto net = gr::repeat(3, gr::dense(5, 5, gr::tanh{}));
    const auto x = support::draw<matrix>({4, 5}, 1), dy = support::draw<matrix>({4, 5}, 2);
    gr::pass pass(net, x);
    pass.input_gradient = true;
    const matrix y = gr::forward(net, x, pass);
    gr::gradients grad(net);
    const matrix dx = gr::backward(net, x, dy, pass, grad);

    const auto& f = net.layers;
    gr::cache_of<gr::dense_layer<float, gr::tanh>, matrix> c[3];
    f[2].forward(f[1].forward(f[0].forward(x, c[0]), c[1]), c[2]);
    CHECK(support::same(y, c[2].y));
    gr::parameters_of<gr::dense_layer<float, gr::tanh>> g[3] = {f[0].theta, f[1].theta, f[2].theta};
    f[2].backward(c[1].y, dy, c[2], g[2]);
    f[1].backward(c[0].y, c[2].dx, c[1], g[1]);
    f[0].backward(x, c[1].dx, c[0], g[0]);
    CHECK(support::same(dx, c[0].dx));
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(i);
        CHECK(support::same(grad.values.layers[i].W, g[i].W));
        CHECK(support::same(grad.values.layers[i].b, g[i].b));
    }
}

TEST_CASE("repeat.forward: gradient check, for rows and sequences, and of each depth") {
    for (const std::size_t depth : {1u, 2u, 4u}) {
        CAPTURE(depth);
        const auto net = gr::repeat(depth, gr::dense(3, 3, gr::tanh{}));
        CHECK(gr::gradient_check(net, support::draw<matrix>({4, 3}, 1)));
        CHECK(gr::gradient_check(net, support::draw<gr::tensor<float, 3>>({2, 3, 3}, 1)));
    }
}

TEST_CASE("repeat: what does not fit is said of the block that it does not fit") {
    CHECK(message_of([] { (void)gr::repeat(0, gr::dense(2, 2)); }) == "repeat: needs at least one block, got 0");
    const auto forward_of = [](const auto& net, const matrix& x) {
        return [&] {
            gr::pass pass(net, x);
            (void)gr::forward(net, x, pass);
        };
    };
    const auto narrow = gr::repeat(2, gr::dense(6, 5));
    CHECK(message_of(forward_of(narrow, matrix({1, 6}, 0.0f))) ==
          "dense #1: y = f(xW + b) needs x of (N, 6), got (1, 5): W is (6, 5)");
    CHECK(message_of(forward_of(narrow, matrix({1, 4}, 0.0f))) ==
          "dense #0: y = f(xW + b) needs x of (N, 6), got (1, 4): W is (6, 5)");
}

TEST_CASE("repeat: a backward without its forward is refused") {
    const auto net = gr::repeat(2, gr::dense(3, 3));
    const auto x = support::draw<matrix>({2, 3}, 1), other = support::draw<matrix>({5, 3}, 1);
    gr::pass pass(net, x);
    (void)gr::forward(net, x, pass);
    gr::gradients grad(net);
    CHECK(message_of([&] { (void)gr::backward(net, other, other, pass, grad); }) ==
          "dense #1: dz = dy ∘ f'(z) needs dy shaped as y (2, 3), got (5, 3)");
}

TEST_CASE("repeat: the pass of a deeper one is refused, not read") {
    const auto deep = gr::repeat(3, gr::dense(2, 2)), shallow = gr::repeat(2, gr::dense(2, 2));
    gr::pass<std::remove_cvref_t<decltype(deep)>, gr::tensor<float, 2>> pass(deep);
    (void)gr::forward(deep, gr::tensor<float, 2>{{1, 2}}, pass);
    const auto& as_it_is = pass;
    CHECK(support::message_of([&] { (void)gr::layer_output(shallow, as_it_is, "1"); }) ==
          "repeat: has 2 blocks, the pass holds 3: it is of another network");
}
