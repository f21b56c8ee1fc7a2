#include "gradus/layers/recurrent/last_step.hpp"

#include "pytorch.hpp"

#include <type_traits>

#include "gradus/layers/dense.hpp"
#include "gradus/layers/recurrent/bidirectional.hpp"
#include "gradus/layers/recurrent/gru.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/layers/recurrent/rnn.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/state.hpp"

#include "../../support/message.hpp"

namespace gr = gradus;
using support::difference;
using support::draw;
using support::message_of;
using support::same;
using support::tensor;
using support::with_random_theta;

namespace {

/// y and the gradients equal those of the whole layer if dy is 0 except at step `t`.
template <class L>
void is_the_layer(const L& layer, std::size_t t) {
    using T = typename L::scalar;
    const gr::last_step<L> last(layer);
    const auto x = draw<tensor<T, 3>>({3, 5, 4}, 1);
    const auto dy = draw<tensor<T, 2>>({3, 9}, 2);
    tensor<T, 3> dy_whole({3, 5, 9}, T(0));
    for (std::size_t n = 0; n < 3; ++n) std::copy_n(&dy(n, 0), 9, &dy_whole(n, t, 0));
    gr::pass pass(last);
    gr::pass whole(layer);
    pass.input_gradient = whole.input_gradient = true;
    gr::gradients grad(last);
    gr::gradients grad_whole(layer);
    const auto& y = gr::forward(last, x, pass);
    const auto& y_whole = gr::forward(layer, x, whole);
    for (std::size_t n = 0; n < 3; ++n) CHECK(std::equal(&y(n, 0), &y(n, 0) + 9, &y_whole(n, t, 0)));
    const auto& dx = gr::backward(last, x, dy, pass, grad.values);
    CHECK(same(dx, gr::backward(layer, x, dy_whole, whole, grad_whole.values)));
    gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(same(a, b)); }, grad.values, grad_whole.values);
}

}  // namespace

TEST_CASE("last_step.forward, last_step.backward: by hand") {
    auto sums = gr::rnn<double>(1, 1, gr::identity{});
    sums.theta = {{{1}}, {{2}}, {0}};  // h_t = x_t + 2 h_{t−1}
    const gr::last_step last(sums);
    const tensor<double, 3> x{{{1}, {2}, {3}}, {{4}, {5}, {6}}};
    gr::pass pass(last);
    pass.input_gradient = true;
    gr::gradients grad(last);
    CHECK(gr::forward(last, x, pass) == tensor<double, 2>{{4 + 4 + 3}, {16 + 10 + 6}});
    CHECK(gr::backward(last, x, tensor<double, 2>{{1}, {-1}}, pass, grad.values) ==
          tensor<double, 3>{{{4}, {2}, {1}}, {{-4}, {-2}, {-1}}});
    CHECK(grad.values.b(0) == 0);                               // Σ dz
    CHECK(grad.values.W(0, 0) == 11 - 32);                      // Σ x dz
    CHECK(grad.values.U(0, 0) == (1 * 2 + 4 * 1) - (4 * 2 + 13 * 1));  // Σ h_{t−1} dz_t
}

TEST_CASE_TEMPLATE("last_step.forward, last_step.backward: the layer itself, whose other steps have no dy, bit for bit",
                   T, float, double) {
    is_the_layer(with_random_theta(gr::rnn<T>(4, 9)), 4);
    is_the_layer(with_random_theta(gr::lstm<T>(4, 9)), 4);
    is_the_layer(with_random_theta(gr::gru<T>(4, 9, {.truncate = 2})), 4);
    is_the_layer(with_random_theta(gr::gru_reset_before<T>(4, 9, {.reverse = true})), 0);
}

TEST_CASE_TEMPLATE("last_step.forward: each row's own last step, as if it stood alone", T, float, double) {
    const auto layer = with_random_theta(gr::last_step(gr::bidirectional(gr::gru<T>(4, 5))));
    const auto x = draw<tensor<T, 3>>({3, 6, 4}, 1);
    gr::pass pass(layer);
    pass.mask = tensor<bool, 2>({3, 6}, false);
    const std::size_t lengths[] = {6, 2, 4};
    for (std::size_t n = 0; n < 3; ++n) std::fill_n(&pass.mask(n, 0), lengths[n], true);
    const auto y = gr::forward(layer, x, pass);
    REQUIRE(y.shape() == std::array<std::size_t, 2>{3, 10});
    for (std::size_t n = 0; n < 3; ++n) {
        tensor<T, 3> alone({1, lengths[n], 4});
        std::copy_n(&x(n, 0, 0), alone.size(), alone.data());
        gr::pass own(layer);
        tensor<T, 2> row({1, 10});
        std::copy_n(&y(n, 0), 10, row.data());
        CHECK(difference(row, gr::forward(layer, alone, own)) <= support::tolerance<T>(9));
    }
}

TEST_CASE_TEMPLATE("last_step.forward: PyTorch's h_n of the last layer, of rows of other lengths, in two directions",
                   T, float, double) {
    const std::string at = "recurrent/gru.deep.";
    auto net = gr::sequential(gr::bidirectional(gr::gru<T>(2, 3)), gr::last_step(gr::bidirectional(gr::gru<T>(6, 3))));
    gr::pass pass(net);
    pass.mask = support::pytorch_mask(at + "mask");
    std::size_t place = 0;
    const auto begin = [&](auto& layer, auto& cache, const std::string& suffix) {
        gr::from_pytorch::recurrent(layer, support::pytorch_weights<T>(at, suffix));
        cache.initial.h = support::pytorch_state<T>(at + "h", place++);
    };
    auto& [first, second] = pass.cache.layers;
    begin(net.template layer<0>().forwards, first.forwards, "l0"),
        begin(net.template layer<0>().backwards, first.backwards, "l0_reverse");
    begin(net.template layer<1>().forwards, second.forwards, "l1"),
        begin(net.template layer<1>().backwards, second.backwards, "l1_reverse");
    const auto& y = net.forward(support::pytorch<tensor<T, 3>>(at + "x"), pass);
    const auto there = support::pytorch_state<double>(at + "h_n", 2), back = support::pytorch_state<double>(at + "h_n", 3);
    tensor<double, 2> expected({3, 6});
    for (std::size_t n = 0; n < 3; ++n)
        for (std::size_t j = 0; j < 3; ++j) expected(n, j) = there(n, j), expected(n, 3 + j) = back(n, j);
    CHECK(difference(y, expected) <= support::tolerance_through_time<T>(9, 8));
}

TEST_CASE("last_step.backward: central differences with a random upstream gradient, with a state of its own and without") {
    const auto x = draw<tensor<float, 3>>({2, 4, 3}, 1);
    const tensor<bool, 2> mask{{true, true, false, false}, {false, true, true, true}};
    CHECK(gr::gradient_check(with_random_theta(gr::last_step(gr::rnn(3, 5))), x, {.mask = mask}));
    const auto last = with_random_theta(gr::last_step(gr::lstm(3, 5)));
    CHECK(gr::gradient_check(last, x, {.mask = mask}));
    const auto state = draw<tensor<float, 2>>({2, 5}, 2);
    CHECK(gr::gradient_check(last, gr::lstm_input<float>{x, state, state}, {.mask = mask}));
    const auto net =
        with_random_theta(gr::sequential(gr::lstm(3, 4), gr::last_step(gr::bidirectional(gr::gru(4, 3))), gr::dense(6, 2)));
    CHECK(gr::gradient_check(net, x));
    CHECK(gr::gradient_check(net, x, {.mask = mask}));
}

TEST_CASE("last_step: in a network; its parameters have the layer's paths, its state is carried") {
    const auto net = gr::sequential(gr::last_step(gr::lstm(3, 4)), gr::dense(4, 2));
    std::string paths;
    gr::each([&](const gr::entry& e, const auto&) { paths += e.path() + " "; }, net);
    CHECK(paths == "0.W 0.U 0.b 1.W 1.b ");
    const auto x = draw<tensor<float, 3>>({2, 6, 3}, 1);
    tensor<float, 3> first({2, 3, 3}), second({2, 3, 3});
    for (std::size_t n = 0; n < 2; ++n)
        std::copy_n(&x(n, 0, 0), 9, &first(n, 0, 0)), std::copy_n(&x(n, 3, 0), 9, &second(n, 0, 0));
    gr::pass whole(net);
    gr::pass chunked(net);
    (void)net.forward(first, chunked);
    gr::carry_state(net, chunked);
    CHECK(difference(net.forward(second, chunked), net.forward(x, whole)) <= support::tolerance<float>(7));
}

TEST_CASE("last_step: what it says") {
    CHECK(message_of([] { (void)gr::sequential(gr::last_step(gr::gru(2, 3)), gr::dense(4, 2)); }) ==
          "dense #1: y = f(xW + b) needs x of (N, 4), got (N, 3): W is (4, 2)");
    CHECK(message_of([] { (void)gr::sequential(gr::lstm(2, 3), gr::last_step(gr::gru(4, 3))); }) ==
          "gru #1: z = xW + b needs x of (N, T, 4), got (N, T, 3): W is (4, 9)");
    const auto net = gr::sequential(gr::last_step(gr::gru(2, 3)));
    gr::pass pass(net);
    gr::gradients grad(net);
    const tensor<float, 3> x({4, 5, 2}, 0.f);
    (void)net.forward(x, pass);
    CHECK(message_of([&] { (void)net.backward(x, tensor<float, 2>({4, 5}, 0.f), pass, grad); }) ==
          "gru #0: dh = dy + … needs dy shaped as y (4, 3), got (4, 5)");
}
