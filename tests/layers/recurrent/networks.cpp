// labels: threads
// Recurrent layers in a network, from the initial parameters to the loss.
#include <cmath>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "gradus/layers/dense.hpp"
#include "gradus/layers/embedding.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/models/repeat.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/paths.hpp"
#include "gradus/nn/state.hpp"
#include "kinds.hpp"
#include "pytorch.hpp"

namespace gr = gradus;
using support::difference;
using support::draw;
using support::each_kind;
using support::run;
using support::same;
using support::steps_of;
using support::tensor;
using support::with_random_theta;

TEST_CASE("recurrent: threads may predict with one layer, each with a pass of its own") {
    each_kind<float>([]<class L>(const L& layer) {
        const auto x = draw<tensor<float, 3>>({3, 20, 4}, 1);
        gr::pass one(layer);
        const auto y = gr::forward(layer, x, one);
        std::vector<int> equal(4, 0);
        std::vector<std::thread> team;
        for (int& e : equal)
            team.emplace_back([&] {
                gr::pass own(layer);
                e = 1;
                for (int k = 0; k < 10; ++k) e = e != 0 && same(gr::forward(layer, x, own), y) ? 1 : 0;
            });
        for (auto& t : team) t.join();
        for (const int e : equal) CHECK(e == 1);
    });
}

TEST_CASE_TEMPLATE("recurrent.dx, recurrent.dW, recurrent.dU, recurrent.db: "
                   "indices, a state, logits of every step, cross-entropy with a mask: PyTorch's values", T, float, double) {
    using support::pytorch;
    const std::string at = "recurrent/model.";
    auto net = gr::sequential(gr::embedding<T>(6, 4, {.padding = 0}), gr::lstm<T>(4, 3), gr::dense<T>(3, 6));
    gr::set_parameter(net, "0.E", pytorch<tensor<T, 2>>(at + "embedding.weight"));
    gr::from_pytorch::recurrent(net.template layer<1>(), support::pytorch_weights<T>(at + "lstm."));
    gr::set_parameter(net, "2.W", gr::from_pytorch::weights(pytorch<tensor<T, 2>>(at + "head.weight")));
    gr::set_parameter(net, "2.b", pytorch<tensor<T, 1>>(at + "head.bias"));
    const auto x = support::stored(at + "x").to<tensor<std::int32_t, 2>>(),
               labels = support::stored(at + "labels").to<tensor<std::int32_t, 2>>();
    gr::pass pass(net);
    pass.mask = support::pytorch_mask(at + "mask");
    gr::gradients grad(net);
    const gr::normalizer by{.mask = &pass.mask};
    const auto& logits = net.forward(x, pass);
    const double limit = support::tolerance<T>(40);
    CHECK(difference(gr::cross_entropy{}.value(logits, labels, by), support::pytorch_number(at + "J")) <= limit);
    net.backward(x, gr::cross_entropy{}.gradient(logits, labels, by), pass, grad);
    const auto& [embedding, lstm, head] = grad.values.layers;
    CHECK(difference(embedding.E, pytorch<tensor<double, 2>>(at + "dembedding.weight")) <= limit);
    support::gradients_equal(lstm, support::pytorch_weights<double>(at + "dlstm."), limit);
    CHECK(difference(gr::to_pytorch::weights(head.W), pytorch<tensor<double, 2>>(at + "dhead.weight")) <= limit);
    CHECK(difference(head.b, pytorch<tensor<double, 1>>(at + "dhead.bias")) <= limit);
}

TEST_CASE("recurrent: a stack whose depth is chosen at run time") {
    const auto net = with_random_theta(gr::sequential(gr::lstm(3, 4), gr::repeat(2, gr::lstm(4, 4))));
    const auto x = draw<tensor<float, 3>>({2, 4, 3}, 1);
    CHECK(gr::gradient_check(net, x, {.mask = {{true, true, false, true}, {false, true, true, true}}}));
    gr::pass pass(net);
    const auto y = net.forward(x, pass), first = net.forward(steps_of(x, 0, 2), pass);
    gr::carry_state(net, pass);
    CHECK(difference(first, steps_of(y, 0, 2)) <= support::tolerance<float>(8));
    CHECK(difference(net.forward(steps_of(x, 2, 4), pass), steps_of(y, 2, 4)) <= support::tolerance<float>(8));
}

TEST_CASE("recurrent: W begins as Glorot draws it, U orthogonal, the biases at 0") {
    const auto layer = gr::gru<double>(30, 12);
    const auto& [W, U] = std::tie(layer.theta.W, layer.theta.U);
    const double limit = std::sqrt(6.0 / (30 + 36));
    double largest = 0;
    for (double w : W) largest = std::max(largest, std::abs(w));
    CHECK(largest <= limit);
    CHECK(largest > 0.9 * limit);
    for (std::size_t a = 0; a < 12; ++a)  // U Uᵀ = 1
        for (std::size_t b = 0; b < 12; ++b) {
            double dot = 0;
            for (std::size_t k = 0; k < 36; ++k) dot += U(a, k) * U(b, k);
            CHECK(dot == doctest::Approx(a == b ? 1 : 0).epsilon(1e-12));
        }
    CHECK(layer.theta.b == tensor<double, 1>({36}, 0.0));
    CHECK(layer.theta.b_q == tensor<double, 1>({12}, 0.0));
    const auto net = gr::sequential(gr::lstm(4, 4), gr::lstm(4, 4));
    CHECK(net.layer<0>().theta.W != net.layer<1>().theta.W);
    CHECK(net.layer<0>().theta.U != net.layer<1>().theta.U);
    CHECK(net.layer<1>().theta.b == tensor<float, 1>{0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0});
    auto set = gr::lstm(4, 4);
    set.theta.U.fill(0.5f);
    CHECK(gr::sequential(set, gr::lstm(4, 4)).layer<0>().theta.U == set.theta.U);  // values set by hand are kept
}
