#include <doctest/doctest.h>

#include <cmath>

#include "gradus/layers/recurrent/gru.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/layers/recurrent/rnn.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/state.hpp"

#include "../../support/draw.hpp"
#include "../../support/message.hpp"

namespace gr = gradus;
using support::message_of;
using cube = gr::tensor<float, 3>;
using matrix = gr::tensor<float, 2>;
using bits = gr::tensor<bool, 2>;

TEST_CASE("lstm: what it says to an x of other features, to no row and to no step") {
    const auto layer = gr::lstm(3, 4);
    gr::pass pass(layer);
    const auto said = [&](const cube& x) { return message_of([&] { (void)gr::forward(layer, x, pass); }); };
    CHECK(said(cube({2, 5, 7}, 0.f)) == "lstm: z = xW + b needs x of (N, T, 3), got (2, 5, 7): W is (3, 16)");
    CHECK(said(cube({0, 5, 3}, 0.f)) == "lstm: needs at least one row and one step, x is (0, 5, 3)");
    CHECK(said(cube({2, 0, 3}, 0.f)) == "lstm: needs at least one row and one step, x is (2, 0, 3)");
}

TEST_CASE("lstm: what it says to states of another shape, given by the cache or by the input") {
    const auto layer = gr::lstm(3, 4);
    const cube x({2, 5, 3}, 0.f);
    gr::pass pass(layer);
    const auto said = [&] { return message_of([&] { (void)gr::forward(layer, x, pass); }); };
    pass.cache.initial.h = matrix({2, 3}, 0.f);
    CHECK(said() == "lstm: h₀ needs to be (2, 4) for x (2, 5, 3), got (2, 3)");
    pass.cache.initial = {matrix({2, 4}, 0.f), matrix({3, 4}, 0.f)};
    CHECK(said() == "lstm: c₀ needs to be (2, 4) for x (2, 5, 3), got (3, 4)");
    pass.cache.initial = {};
    CHECK(said() == "(no error)");

    gr::gradients grad(layer);
    const cube dy({2, 5, 4}, 0.f);
    pass.cache.last_gradient.h = matrix({5, 4}, 0.f);
    CHECK(message_of([&] { (void)gr::backward(layer, x, dy, pass, grad.values); }) ==
          "lstm: ∂J/∂h after the last step needs to be (2, 4) for x (2, 5, 3), got (5, 4)");
    pass.cache.last_gradient = {{}, matrix({2, 1}, 0.f)};
    CHECK(message_of([&] { (void)gr::backward(layer, x, dy, pass, grad.values); }) ==
          "lstm: ∂J/∂c after the last step needs to be (2, 4) for x (2, 5, 3), got (2, 1)");

    const gr::lstm_input<float> in{x, matrix({2, 4}, 0.f), matrix({2, 5}, 0.f)};
    gr::pass with_state(layer, in);
    CHECK(message_of([&] { (void)gr::forward(layer, in, with_state); }) ==
          "lstm: c₀ needs to be (2, 4) for x (2, 5, 3), got (2, 5)");
    const auto gru = gr::gru(3, 4);
    const gr::rnn_input<float> other{x, matrix({1, 4}, 0.f)};
    gr::pass gru_pass(gru, other);
    CHECK(message_of([&] { (void)gr::forward(gru, other, gru_pass); }) ==
          "gru: h₀ needs to be (2, 4) for x (2, 5, 3), got (1, 4)");
    CHECK(message_of([&] { (void)layer.step(matrix({2, 3}, 0.f), {matrix({2, 9}, 0.f), {}}); }) ==
          "lstm: h₀ needs to be (2, 4) for x (2, 1, 3), got (2, 9)");
}

TEST_CASE("gru: what it says to a mask of another shape") {
    const auto layer = gr::gru(3, 4);
    const cube x({2, 5, 3}, 0.f);
    gr::pass pass(layer);
    pass.mask = bits({2, 6}, true);
    CHECK(message_of([&] { (void)gr::forward(layer, x, pass); }) ==
          "gru: the mask is (2, 6), x is (2, 5, 3): it needs one entry for each step of each row");
    pass.mask = bits({5, 2}, true);
    CHECK(message_of([&] { (void)gr::forward(layer, x, pass); }) ==
          "gru: the mask is (5, 2), x is (2, 5, 3): it needs one entry for each step of each row");
}

TEST_CASE("rnn: what its backward says without its forward, to a dy of another shape and to gradients of another network") {
    const auto layer = gr::rnn(3, 4);
    const cube x({2, 5, 3}, 0.f), dy({2, 5, 4}, 0.f);
    gr::pass pass(layer);
    gr::gradients grad(layer);
    gr::gradients other(gr::rnn(3, 5));
    const auto said = [&](const cube& in, const auto& d, auto& g) {
        return message_of([&] { (void)gr::backward(layer, in, d, pass, g.values); });
    };
    CHECK(said(x, dy, grad) ==
          "rnn: backward needs the forward of the same x before it: x is (2, 5, 3), the pass holds y of (0, 0, 0)");
    (void)gr::forward(layer, x, pass);
    CHECK(said(cube({2, 4, 3}, 0.f), cube({2, 4, 4}, 0.f), grad) ==
          "rnn: backward needs the forward of the same x before it: x is (2, 4, 3), the pass holds y of (2, 5, 4)");
    CHECK(said(x, cube({2, 5, 3}, 0.f), grad) == "rnn: dh = dy + … needs dy shaped as y (2, 5, 4), got (2, 5, 3)");
    CHECK(said(x, cube({2, 4, 4}, 0.f), grad) == "rnn: dh = dy + … needs dy shaped as y (2, 5, 4), got (2, 4, 4)");
    CHECK(said(x, matrix({2, 5}, 0.f), grad) == "rnn: dh = dy + … needs dy shaped as y (2, 4), got (2, 5)");
    CHECK(said(cube({2, 5, 2}, 0.f), dy, grad) == "rnn: z = xW + b needs x of (N, T, 3), got (2, 5, 2): W is (3, 4)");
    CHECK(said(x, dy, other) ==
          "rnn: backward needs dW of (3, 4), got (3, 5): make the gradients of this network, gr::gradients grad(net)");
    gr::gradients no_b(layer);
    no_b.values.b = {};
    CHECK(said(x, dy, no_b) ==
          "rnn: backward needs db of (4), got (0): make the gradients of this network, gr::gradients grad(net)");
    CHECK(said(x, dy, grad) == "(no error)");
}

TEST_CASE("recurrent layers: gradients that lack what a cell has beside W, U and b are refused, not written to") {
    const cube x({2, 5, 3}, 0.f), dy({2, 5, 4}, 0.f);
    const auto said = [&](const auto& layer, auto&& take) {
        gr::pass pass(layer);
        gr::gradients grad(layer);
        take(grad.values) = {};
        (void)gr::forward(layer, x, pass);
        return message_of([&] { (void)gr::backward(layer, x, dy, pass, grad.values); });
    };
    CHECK(said(gr::gru(3, 4), [](auto& grad) -> auto& { return grad.b_q; }) ==
          "gru: backward needs db_q of (4), got (0): make the gradients of this network, gr::gradients grad(net)");
    CHECK(said(gr::peephole_lstm(3, 4), [](auto& grad) -> auto& { return grad.P; }) ==
          "peephole_lstm: backward needs dP of (3, 4), got (0, 0): make the gradients of this network, gr::gradients grad(net)");
}

TEST_CASE("recurrent layers: what they say to sizes of 0, and to a state that cannot be carried") {
    CHECK(message_of([] { (void)gr::lstm(0, 3); }) == "lstm: W (D, G·H) needs D and H at least 1, got (0, 3)");
    CHECK(message_of([] { (void)gr::gru_reset_before(3, 0); }) ==
          "gru_reset_before: W (D, G·H) needs D and H at least 1, got (3, 0)");
    CHECK(message_of([] { (void)gr::peephole_lstm(3, 0); }) ==
          "peephole_lstm: W (D, G·H) needs D and H at least 1, got (3, 0)");
    CHECK(message_of([] { (void)gr::lstm(3, 4, {.forget_bias = std::nan("")}); }) ==
          "lstm: needs a finite forget_bias, got nan");
    CHECK(message_of([] { (void)gr::lstm(3, 4).step(matrix({2, 4}, 0.f)); }) == "lstm: a step needs x of (N, 3), got (2, 4)");
    const auto layer = gr::gru(3, 4, {.reverse = true});
    gr::pass pass(layer);
    CHECK(message_of([&] { gr::carry_state(layer, pass); }) ==
          "gru: a reversed layer has no next chunk to carry its state to");
}

TEST_CASE("recurrent layers: "
          "in a network, messages say where they stand; what does not fit is found where it is put together") {
    const auto net = gr::sequential(gr::gru(3, 4), gr::named("reader", gr::lstm(4, 2)));
    gr::pass pass(net);
    CHECK(message_of([&] { (void)net.forward(cube({2, 5, 7}, 0.f), pass); }) ==
          "gru #0: z = xW + b needs x of (N, T, 3), got (2, 5, 7): W is (3, 12)");
    const cube x({2, 5, 3}, 0.f);
    (void)net.forward(x, pass);
    gr::gradients grad(net);
    CHECK(message_of([&] { (void)net.backward(x, cube({2, 5, 4}, 0.f), pass, grad); }) ==
          "lstm #reader: dh = dy + … needs dy shaped as y (2, 5, 2), got (2, 5, 4)");
    CHECK(message_of([] { (void)gr::sequential(gr::gru(3, 4), gr::lstm(5, 2)); }) ==
          "lstm #1: z = xW + b needs x of (N, T, 5), got (N, T, 4): W is (5, 8)");
}
