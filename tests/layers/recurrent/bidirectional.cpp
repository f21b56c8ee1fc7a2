#include "gradus/layers/recurrent/bidirectional.hpp"

#include "pytorch.hpp"

#include <tuple>
#include <utility>

#include "gradus/activations/relu.hpp"
#include "gradus/layers/dropout.hpp"
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
using support::pytorch;
using support::same;
using support::tensor;
using support::with_random_theta;

namespace {

/// Calls f(layer, cache, ∂J/∂θ, PyTorch's suffix, index in PyTorch's states) for every layer and direction of a stack.
template <class Net, class Pass, class Gradients>
void each_direction(Net& net, Pass& pass, Gradients& grad, auto&& f) {
    const auto visit = [&]<class L>(std::size_t l, L& layer, auto& cache, auto& g) {
        const std::string suffix = gr::message({"l", l});
        if constexpr (requires { layer.forwards; }) {
            f(layer.forwards, cache.forwards, g.forwards, suffix, 2 * l);
            f(layer.backwards, cache.backwards, g.backwards, suffix + "_reverse", 2 * l + 1);
        } else {
            f(layer, cache, g, suffix, l);
        }
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (visit(I, net.template layer<I>(), std::get<I>(pass.cache.layers), std::get<I>(grad.values.layers)), ...);
    }(std::make_index_sequence<std::tuple_size_v<decltype(net.layers)>>{});
}

/// y, the last states and all gradients, including those of the initial states, of a stack of layers equal PyTorch's.
template <class T, class Net>
void equals_pytorch(const std::string& name, Net net) {
    CAPTURE(name);
    const std::string at = name + ".";
    gr::pass pass(net);
    pass.input_gradient = true;
    pass.mask = support::pytorch_mask(at + "mask");
    gr::gradients grad(net);
    each_direction(
        net, pass, grad, [&]<class L>(L& layer, auto& cache, auto&, const std::string& suffix, std::size_t place) {
            gr::from_pytorch::recurrent(layer, support::pytorch_weights<T>(at, suffix));
            cache.initial =
                support::state_of<L>(support::pytorch_state<T>(at + "h", place), support::pytorch_state<T>(at + "c", place));
        });
    const auto x = pytorch<tensor<T, 3>>(at + "x"), dy = pytorch<tensor<T, 3>>(at + "dy");
    const double limit = support::tolerance_through_time<T>(20, 8);
    CHECK(difference(support::with_zeros(net.forward(x, pass), pass.mask), pytorch<tensor<double, 3>>(at + "y")) <= limit);
    CHECK(difference(net.backward(x, dy, pass, grad), pytorch<tensor<double, 3>>(at + "dx")) <= limit);
    each_direction(net, pass, grad, [&]<class L>(L&, auto& cache, auto& g, const std::string& suffix, std::size_t place) {
        CAPTURE(suffix);
        CHECK(difference(cache.last.h, support::pytorch_state<double>(at + "h_n", place)) <= limit);
        // PyTorch's dh and dc are ∂J/∂initial
        CHECK(difference(cache.initial_gradient.h, support::pytorch_state<double>(at + "dh", place)) <= limit);
        if constexpr (support::has_c<L>) {
            CHECK(difference(cache.last.c, support::pytorch_state<double>(at + "c_n", place)) <= limit);
            CHECK(difference(cache.initial_gradient.c, support::pytorch_state<double>(at + "dc", place)) <= limit);
        }
        support::gradients_equal(g, support::pytorch_weights<double>(at + "d", suffix), limit);
    });
}

}  // namespace

TEST_CASE("bidirectional.forward, bidirectional.backward: by hand") {
    // One unit in each direction computes the sum of its inputs: h_t = x_t + h_{t−1}.
    auto sums = gr::rnn<double>(1, 1, gr::relu{});
    sums.theta = {{{1}}, {{1}}, {0}};
    auto both = gr::bidirectional(sums);
    both.forwards.theta = sums.theta, both.backwards.theta = sums.theta;
    const tensor<double, 3> x{{{1}, {2}, {4}}};
    gr::pass pass(both);
    pass.input_gradient = true;
    gr::gradients grad(both);
    CHECK(gr::forward(both, x, pass) == tensor<double, 3>{{{1, 7}, {3, 6}, {7, 4}}});
    // dx_t: the sum of dy over the steps whose h contains x_t, →: t and later, ←: t and earlier.
    CHECK(gr::backward(both, x, tensor<double, 3>{{{1, 10}, {2, 20}, {3, 30}}}, pass, grad.values) ==
          tensor<double, 3>{{{6 + 10}, {5 + 30}, {3 + 60}}});
    CHECK(grad.values.forwards.W(0, 0) == 1 * 6 + 2 * 5 + 4 * 3);
    CHECK(grad.values.backwards.W(0, 0) == 1 * 10 + 2 * 30 + 4 * 60);
    CHECK(grad.values.forwards.U(0, 0) == 1 * 5 + 3 * 3);
    CHECK(grad.values.backwards.U(0, 0) == 4 * 30 + 6 * 10);

    pass.mask = tensor<bool, 2>{{true, true, false}};  // the sequence is 1, 2
    CHECK(gr::forward(both, x, pass) == tensor<double, 3>{{{1, 3}, {3, 2}, {3, 0}}});
}

TEST_CASE_TEMPLATE("bidirectional.forward, bidirectional.backward: a layer and a reversed one, bit for bit",
                   T, float, double) {
    const auto both = with_random_theta(gr::bidirectional(gr::lstm<T>(3, 5)));
    const auto x = draw<tensor<T, 3>>({2, 4, 3}, 1), dy = draw<tensor<T, 3>>({2, 4, 10}, 2);
    const auto half = [&](std::size_t from) {
        tensor<T, 3> out({2, 4, 5});
        for (std::size_t r = 0; r < 8; ++r) std::copy_n(dy.data() + 10 * r + from, 5, out.data() + 5 * r);
        return out;
    };
    gr::pass pass(both);
    gr::pass there(both.forwards);
    gr::pass back(both.backwards);
    pass.input_gradient = there.input_gradient = back.input_gradient = true;
    pass.mask = there.mask = back.mask = support::draw_mask(2, 4, 3);
    gr::gradients grad(both);
    gr::gradients there_grad(both.forwards), back_grad(both.backwards);
    const auto& y = gr::forward(both, x, pass);
    const auto &y_there = gr::forward(both.forwards, x, there), &y_back = gr::forward(both.backwards, x, back);
    for (std::size_t r = 0; r < 8; ++r) {
        CHECK(std::equal(y_there.data() + 5 * r, y_there.data() + 5 * r + 5, y.data() + 10 * r));
        CHECK(std::equal(y_back.data() + 5 * r, y_back.data() + 5 * r + 5, y.data() + 10 * r + 5));
    }
    const auto& dx = gr::backward(both, x, dy, pass, grad.values);
    (void)gr::backward(both.forwards, x, half(0), there, there_grad.values);
    (void)gr::backward(both.backwards, x, half(5), back, back_grad.values);
    for (std::size_t i = 0; i < dx.size(); ++i) CHECK(dx.data()[i] == there.cache.dx.data()[i] + back.cache.dx.data()[i]);
    CHECK(same(grad.values.forwards.U, there_grad.values.U));
    CHECK(same(grad.values.backwards.W, back_grad.values.W));
}

TEST_CASE_TEMPLATE("bidirectional.forward, bidirectional.backward: PyTorch's values, one above the other, with a mask",
                   T, float, double) {
    using gr::bidirectional, gr::sequential;
    equals_pytorch<T>("recurrent/gru.bidirectional", sequential(bidirectional(gr::gru<T>(3, 5))));
    equals_pytorch<T>("recurrent/rnn.deep", sequential(bidirectional(gr::rnn<T>(2, 3)), bidirectional(gr::rnn<T>(6, 3))));
    equals_pytorch<T>("recurrent/lstm.deep", sequential(bidirectional(gr::lstm<T>(2, 3)), bidirectional(gr::lstm<T>(6, 3))));
    equals_pytorch<T>("recurrent/gru.deep", sequential(bidirectional(gr::gru<T>(2, 3)), bidirectional(gr::gru<T>(6, 3))));
}
TEST_CASE_TEMPLATE("recurrent.forward, recurrent.dx, recurrent.dW, recurrent.dU, recurrent.db: "
                   "PyTorch's values of two layers", T, float, double) {
    equals_pytorch<T>("recurrent/lstm.stacked", gr::sequential(gr::lstm<T>(3, 5), gr::lstm<T>(5, 5)));
}

TEST_CASE("bidirectional.backward: central differences with a random upstream gradient, alone and in a stack with dropout") {
    const tensor<bool, 2> mask{{true, false, true, true}, {false, true, true, false}};
    const auto x = draw<tensor<float, 3>>({2, 4, 3}, 1);
    CHECK(gr::gradient_check(with_random_theta(gr::bidirectional(gr::gru(3, 4))), x, {.mask = mask}));
    const auto net = with_random_theta(gr::sequential(gr::bidirectional(gr::lstm(3, 2)), gr::dropout{0.25},
                                                      gr::bidirectional(gr::gru_reset_before(4, 3)), gr::rnn(6, 5)));
    CHECK(gr::gradient_check(net, x));
    CHECK(gr::gradient_check(net, x, {.mask = mask}));
}

TEST_CASE("bidirectional: two directions begin unlike, and lie below their names") {
    const auto both = gr::bidirectional(gr::lstm(3, 4));
    CHECK(both.forwards.theta.W != both.backwards.theta.W);
    CHECK(both.forwards.theta.U != both.backwards.theta.U);
    CHECK_FALSE(both.forwards.options.reverse);
    CHECK(both.backwards.options.reverse);
    std::string paths;
    gr::each([&](const gr::entry& e, const auto&) { paths += e.path() + " "; }, both);
    CHECK(paths == "forward.W forward.U forward.b backward.W backward.U backward.b ");
    CHECK(gr::count(both) == 2 * (3 * 16 + 4 * 16 + 16));
}

TEST_CASE("bidirectional: what it says") {
    CHECK(message_of([] { (void)gr::bidirectional(gr::gru(2, 3, {.reverse = true})); }) ==
          "bidirectional: makes a reversed layer of its own: give it one that is not");
    CHECK(message_of([] { (void)gr::sequential(gr::bidirectional(gr::lstm(2, 3)), gr::lstm(3, 3)); }) ==
          "lstm #1: z = xW + b needs x of (N, T, 3), got (N, T, 6): W is (3, 12)");
    const auto net = gr::sequential(gr::bidirectional(gr::gru(2, 3)));
    gr::pass pass(net);
    gr::gradients grad(net);
    const tensor<float, 3> x({4, 5, 2}, 0.f);
    CHECK(message_of([&] { (void)net.forward(tensor<float, 3>({4, 5, 7}, 0.f), pass); }) ==
          "gru #0.forward: z = xW + b needs x of (N, T, 2), got (4, 5, 7): W is (2, 9)");
    CHECK(message_of([&] { (void)net.backward(x, tensor<float, 3>({4, 5, 6}, 0.f), pass, grad); }) ==
          "gru #0.forward: backward needs the forward of the same x before it: x is (4, 5, 2), "
          "the pass holds y of (0, 0, 0)");
    (void)net.forward(x, pass);
    CHECK(message_of([&] { (void)net.backward(x, tensor<float, 3>({4, 5, 3}, 0.f), pass, grad); }) ==
          "bidirectional #0: dh = dy + … needs dy shaped as y (4, 5, 6), got (4, 5, 3)");
    CHECK(message_of([&] { gr::carry_state(net, pass); }) ==
          "gru #0.backward: a reversed layer has no next chunk to carry its state to");
}
