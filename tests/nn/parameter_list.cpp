#include "gradus/nn/parameter_list.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gradus.hpp"

namespace gr = gradus;

TEST_CASE("parameter_list: path, shape, numbers and flags of each parameter, in the order in which they are named") {
    auto net = gr::sequential(gr::dense(2, 3), gr::named("deep", gr::repeat(2, gr::dense<float>(3, 3))), gr::batch_norm(3));
    gr::parameter_list theta(net);
    std::string all;
    for (const gr::parameter_ref& p : theta)
        all += p.path() + gr::shape_text(p.values.shape()) + (p.is_tensor() ? "" : "statistics") + (p.place->decay ? "d " : " ");
    CHECK(all == "0.W(2, 3)d 0.b(3) deep.0.W(3, 3)d deep.0.b(3) deep.1.W(3, 3)d deep.1.b(3) 2.gamma(3) 2.beta(3) "
                 "2.running()statisticsd ");
    CHECK(theta[0].values.get<gr::tensor<float, 2>>() == &net.layer<0>().theta.W);
    theta[1].values.as<float>()[2] = 5;
    CHECK(net.layer<0>().theta.b(2) == 5);
    CHECK(gr::count(net) == 9 + 2 * 12 + 6);
}

TEST_CASE("parameter_list: of gradients, those of the network in the same places") {
    const auto net = gr::sequential(gr::dense(2, 3), gr::repeat(2, gr::dense(3, 3)));
    gr::gradients grad(net);
    const gr::parameter_list theta(net), g(grad.values);
    REQUIRE(theta.size() == g.size());
    gr::require_same_shapes(theta, g);
    CHECK(g[5].path() == "1.1.b");
}

TEST_CASE("parameter_list: any number of parameters, of layers as deep as they are") {
    auto net = gr::repeat(500, gr::dense(1, 1));
    gr::parameter_list theta(net);
    REQUIRE(theta.size() == 1000);
    for (std::size_t k = 0; k < 1000; ++k) {
        CAPTURE(k);
        CHECK(theta[k].path() == std::to_string(k / 2) + (k % 2 == 0 ? ".W" : ".b"));
        CHECK(theta[k].values.size() == 1);
    }
    gr::gradients grad(net);
    for (auto& layer : grad.values.layers) layer.W.fill(1);
    auto descend = gr::optimizer(net, gr::gradient_descent{.learning_rate = 1});
    const float before = net.layers[499].theta.W(0, 0);
    descend(net, grad);
    CHECK(net.layers[499].theta.W(0, 0) == before - 1);
    CHECK(gr::count(net) == 1000);
}

TEST_CASE("parameter_list: other shapes, or another depth, are refused by the first parameter that differs") {
    const auto a = gr::repeat(2, gr::dense(3, 3)), b = gr::repeat(3, gr::dense(3, 3));
    const gr::parameter_list two(a), three(b);
    CHECK_THROWS_WITH_AS(gr::require_same_shapes(three, two),
                         "parameters: 2.W is (3, 3) here and () there: gradients and optimizers belong to one network",
                         gr::shape_error);
    CHECK_THROWS_WITH_AS(gr::require_same_shapes(two, three),
                         "parameters: 2.W is (3, 3) here and () there: gradients and optimizers belong to one network",
                         gr::shape_error);
}

TEST_CASE("parameter_list: each tensor that a file holds, those in statistics too") {
    const auto net = gr::sequential(gr::batch_norm(2));
    gr::parameter_list theta(net);
    std::string all;
    gr::each_tensor(theta, [&](const gr::entry& e, gr::tensor_ref t) { all += e.path() + " " + std::to_string(t.size()) + "; "; });
    CHECK(all == "0.gamma 2; 0.beta 2; 0.running.count 1; 0.running.mean 2; 0.running.variance 2; ");
}
