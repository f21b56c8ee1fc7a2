#include "gradus/nn/paths.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gradus/activations/tanh.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/dropout.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/repeat.hpp"
#include "gradus/models/residual.hpp"
#include "gradus/models/sequential.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using row = gr::tensor<float, 1>;
using support::message_of;

namespace {

auto network() {
    gr::seed(4);
    return gr::sequential(gr::dense(2, 3), gr::named("deep", gr::repeat(2, gr::dense(3, 3, gr::tanh{}))),
                          gr::residual(gr::dense(3, 3)), gr::dense(3, 1));
}

}  // namespace

TEST_CASE("paths: of all parameters, in the order of the walk") {
    CHECK(gr::paths(network()) == std::vector<std::string>{"0.W", "0.b", "deep.0.W", "deep.0.b", "deep.1.W", "deep.1.b",
                                                           "2.f.W", "2.f.b", "3.W", "3.b"});
    CHECK(gr::paths(gr::dense(1, 1)) == std::vector<std::string>{"W", "b"});
    CHECK(gr::paths(gr::dropout{}).empty());
}

TEST_CASE("parameter: is the tensor itself, to read and to change, however deep; of gradients too") {
    auto net = network();
    CHECK(&gr::parameter(net, "0.W") == &net.layer<0>().theta.W);
    gr::parameter<row>(net, "deep.1.b")(2) = 7;
    CHECK(net.layer<1>().layers[1].theta.b(2) == 7);
    const auto& still = net;
    static_assert(std::is_same_v<decltype(gr::parameter(still, "0.W")), const matrix&>);
    CHECK(&gr::parameter(still, "2.f.W") == &net.layer<2>().f.theta.W);
    gr::gradients grad(net);
    gr::parameter(grad.values, "3.W")(2, 0) = 5;
    CHECK(grad.norm() == 5);
}

TEST_CASE("set_parameter: sets the values, and refuses another shape") {
    auto net = network();
    const matrix W = {{1, 2, 3}, {4, 5, 6}};
    gr::set_parameter(net, "0.W", W);
    CHECK(net.layer<0>().theta.W == W);
    CHECK(message_of([&] { gr::set_parameter(net, "0.W", matrix({3, 2}, 1.0f)); }) ==
          "set_parameter: '0.W' is (2, 3), got (3, 2)");
    CHECK(net.layer<0>().theta.W == W);
}

TEST_CASE("parameter: an unknown path or another type says what there is") {
    auto net = gr::sequential(gr::dense(2, 3), gr::named("out", gr::dense(3, 1)));
    CHECK(message_of([&] { (void)gr::parameter(net, "1.W"); }) ==
          "parameter: there is no '1.W', the network has 0.W, 0.b, out.W, out.b");
    CHECK(message_of([&] { (void)gr::parameter(net, "0.b"); }) ==
          "parameter: '0.b' is a tensor<float, 1> of shape (3), asked for as tensor<float, 2>");
    CHECK(message_of([&] { gr::set_parameter(net, "0.W", gr::tensor<double, 2>({2, 3}, 0.0)); }) ==
          "parameter: '0.W' is a tensor<float, 2> of shape (2, 3), asked for as tensor<double, 2>");
    gr::dropout nothing;
    CHECK(message_of([&] { (void)gr::parameter(nothing, "W"); }) == "parameter: there is no 'W', the network has none");
}

TEST_CASE("layer_output: what a layer gave in the last forward, containers included") {
    const auto net = network();
    const auto x = support::draw<matrix>({4, 2}, 1);
    gr::pass pass(net);
    const auto& y = net.forward(x, pass);
    CHECK(&gr::layer_output(net, pass, "3") == &y);
    CHECK(&gr::layer_output(net, pass, "") == &y);
    CHECK(&gr::layer_output(net, pass, "deep") == &gr::layer_output(net, pass, "deep.1"));
    const matrix past = gr::layer_output(net, pass, "deep"), f = gr::layer_output(net, pass, "2.f");
    CHECK(support::same(gr::layer_output(net, pass, "2"), matrix(past + f)));
    const matrix first = gr::layer_output(net, pass, "0");
    (void)net.forward(matrix(x * 2), pass);
    CHECK_FALSE(support::same(gr::layer_output(net, pass, "0"), first));
}

TEST_CASE("layer_output: another type is asked for, and told where it is not") {
    const auto net = gr::sequential(gr::dense(2, 12), gr::reshaped({2, 3, 2}), gr::flatten{});
    gr::pass pass(net);
    (void)net.forward(matrix({5, 2}, 1.0f), pass);
    CHECK(gr::layer_output<gr::tensor<float, 4>>(net, pass, "1").shape()[2] == 3);
    CHECK(message_of([&] { (void)gr::layer_output(net, pass, "1"); }) ==
          "layer_output: '1' is a tensor<float, 4> of shape (5, 2, 3, 2), asked for as tensor<float, 2>");
    CHECK(message_of([&] { (void)gr::layer_output(net, pass, "3"); }) ==
          "layer_output: there is no '3', the network has 0, 1, 2");
    const auto alone = gr::dense(2, 3);
    gr::pass single(alone);
    CHECK(message_of([&] { (void)gr::layer_output(alone, single, "0"); }) ==
          "layer_output: there is no '0', the network has ''");
}

TEST_CASE("layer_output: before any forward there is none") {
    const auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 1));
    gr::pass pass(net);
    CHECK_THROWS_WITH_AS((void)gr::layer_output(net, pass, "0"), "layer_output: no forward has been made with this pass",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::layer_output(net, pass, ""), "layer_output: no forward has been made with this pass",
                         gr::data_error);
    const auto deep = gr::sequential(gr::repeat(2, gr::dense(2, 2)), gr::dense(2, 1));
    gr::pass unused(deep);
    for (const char* path : {"0", "0.1", "1", ""})
        CHECK_THROWS_WITH_AS((void)gr::layer_output(deep, unused, path), "repeat: no forward has been made with this pass",
                             gr::data_error);
}
