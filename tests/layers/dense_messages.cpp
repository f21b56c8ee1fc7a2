#include <doctest/doctest.h>

#include "../support/draw.hpp"
#include "../support/message.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using support::message_of;

TEST_CASE("dense: what it says to an input of another size, or to none") {
    const auto layer = gr::dense(120, 10);
    decltype(layer)::cache<matrix> c;
    CHECK(message_of([&] { (void)layer.forward(matrix({32, 100}, 0.f), c); }) ==
          "dense: y = f(xW + b) needs x of (N, 120), got (32, 100): W is (120, 10)");
    CHECK(message_of([&] { (void)layer.forward(matrix({0, 120}, 0.f), c); }) ==
          "dense: y = f(xW + b) got an empty batch, x is (0, 120)");
    decltype(layer)::cache<gr::tensor<float, 3>> sequence;
    CHECK(message_of([&] { (void)layer.forward(gr::tensor<float, 3>({2, 7, 100}, 0.f), sequence); }) ==
          "dense: y = f(xW + b) needs x of (N, 120), got (2, 7, 100): W is (120, 10)");
    CHECK(message_of([&] { (void)layer.forward(gr::tensor<float, 3>({2, 0, 120}, 0.f), sequence); }) ==
          "dense: y = f(xW + b) got an empty batch, x is (2, 0, 120)");
}
TEST_CASE("dense: what its backward says without its forward, and to a dy of another shape") {
    const auto layer = gr::dense(3, 2, gr::sigmoid{});
    const matrix x({4, 3}, 0.f), dy({4, 2}, 0.f);
    decltype(layer)::cache<matrix> c;
    auto grad = layer.theta;
    CHECK(message_of([&] { (void)layer.backward(x, dy, c, grad); }) ==
          "dense: backward needs the forward of the same x before it: x is (4, 3), the pass holds y of (0, 0)");
    (void)layer.forward(x, c);
    CHECK(message_of([&] { (void)layer.backward(x, matrix({4, 3}, 0.f), c, grad); }) ==
          "dense: dz = dy ∘ f'(z) needs dy shaped as y (4, 2), got (4, 3)");
    CHECK(message_of([&] { (void)layer.backward(matrix({5, 3}, 0.f), matrix({5, 2}, 0.f), c, grad); }) ==
          "dense: backward needs the forward of the same x before it: x is (5, 3), the pass holds y of (4, 2)");
    CHECK(message_of([&] { (void)layer.backward(matrix({4, 2}, 0.f), dy, c, grad); }) ==
          "dense: y = f(xW + b) needs x of (N, 3), got (4, 2): W is (3, 2)");
    grad.b.resize({3});
    CHECK(message_of([&] { (void)layer.backward(x, dy, c, grad); }) ==
          "dense: db = Σₙ dzₙ needs db of (2), got (3): make the gradients of this network, gr::gradients grad(net)");
    grad.W.resize({2, 3});
    CHECK(message_of([&] { (void)layer.backward(x, dy, c, grad); }) ==
          "dense: dW = xᵀ dz needs dW of (3, 2), got (2, 3): make the gradients of this network, gr::gradients grad(net)");
}
TEST_CASE("dense: what it says to sizes of 0") {
    CHECK(message_of([] { (void)gr::dense(0, 3); }) == "dense: W (I, O) needs both sizes at least 1, got (0, 3)");
    CHECK(message_of([] { (void)gr::dense(3, 0); }) == "dense: W (I, O) needs both sizes at least 1, got (3, 0)");
}
TEST_CASE("dense: in a network, messages say where it stands") {
    const auto net = gr::sequential(gr::dense(3, 4), gr::named("head", gr::dense(4, 2)));
    gr::pass pass(net);
    CHECK(message_of([&] { (void)net.forward(matrix({5, 7}, 0.f), pass); }) ==
          "dense #0: y = f(xW + b) needs x of (N, 3), got (5, 7): W is (3, 4)");
    const matrix x({5, 3}, 0.f);
    (void)net.forward(x, pass);
    gr::gradients grad(net);
    CHECK(message_of([&] { (void)net.backward(x, matrix({5, 3}, 0.f), pass, grad); }) ==
          "dense #head: dz = dy ∘ f'(z) needs dy shaped as y (5, 2), got (5, 3)");
}
TEST_CASE("dense: layers that do not fit are found where the network is put together") {
    CHECK(message_of([] { (void)gr::sequential(gr::dense(3, 4), gr::dense(5, 2)); }) ==
          "dense #1: y = f(xW + b) needs x of (N, 5), got (N, 4): W is (5, 2)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(3, 4), gr::named("head", gr::dense(5, 2))); }) ==
          "dense #head: y = f(xW + b) needs x of (N, 5), got (N, 4): W is (5, 2)");
    CHECK(message_of([] {
              (void)gr::sequential(gr::dense(3, 4), gr::named("decoder", gr::sequential(gr::dense(4, 6), gr::dense(6, 6))),
                                   gr::dense(7, 2));
          }) == "dense #2: y = f(xW + b) needs x of (N, 7), got (N, 6): W is (7, 2)");
    CHECK(message_of([] {
              (void)gr::sequential(gr::dense(3, 4), gr::named("decoder", gr::sequential(gr::dense(5, 6), gr::dense(6, 6))));
          }) == "dense #decoder.0: y = f(xW + b) needs x of (N, 5), got (N, 4): W is (5, 6)");
}
TEST_CASE("dense: the shapes that it takes and gives") {
    const auto layer = gr::dense(3, 2);
    CHECK(layer.input_shape() == std::vector<std::size_t>{3});
    CHECK(layer.output_shape({3}) == std::vector<std::size_t>{2});
    CHECK(layer.output_shape({7, 3}) == std::vector<std::size_t>{7, 2});
    CHECK(message_of([&] { (void)layer.output_shape({7, 4}); }) ==
          "dense: y = f(xW + b) needs x of (N, 3), got (N, 7, 4): W is (3, 2)");
    CHECK(message_of([&] { (void)layer.output_shape({}); }) ==
          "dense: y = f(xW + b) needs x of (N, 3), got (N): W is (3, 2)");
}
TEST_CASE("dense.to_scalar: the same layer in double") {
    const auto layer = gr::dense(3, 2, gr::sigmoid{}).to_scalar<double>();
    static_assert(std::is_same_v<decltype(layer), const gr::dense_layer<double, gr::sigmoid>>);
    CHECK(layer.theta.W.shape()[0] == 3);
    CHECK(layer.theta.b.size() == 2);
}
