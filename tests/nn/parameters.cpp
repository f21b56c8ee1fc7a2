#include "gradus/nn/parameters.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "gradus.hpp"

#include "../probes/batch_normalization.hpp"
#include "gradus/layers/dropout.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// A layer made of layers, with a tensor of its own, one part frozen and one spared by weight decay.
struct composite {
    using inner = gr::dense_layer<float, gr::identity>;
    struct parameters {
        gr::tensor<float, 1> scale;
        gr::parameters_of<inner> fixed, spared;
        static void each(auto&& f, auto&... p) {
            f(gr::entry("scale").frozen(), p.scale...);
            f(gr::entry("fixed").frozen(), p.fixed...);
            f(gr::entry("spared").without_decay(), p.spared...);
        }
    };
    gr::tensor<float, 1> scale{1, 2};
    inner fixed = gr::dense(2, 3), spared = gr::dense(3, 2);
};

struct seen {
    std::string path;
    bool trainable, decay;
    friend bool operator==(const seen&, const seen&) = default;
};
template <class Net>
std::vector<seen> walked(const Net& net) {
    std::vector<seen> all;
    gr::each([&](const gr::entry& e, const auto&) { all.push_back({e.path(), e.trainable, e.decay}); }, net);
    return all;
}

}  // namespace

TEST_CASE("parameters.each: every tensor by its path, with its flags; biases are spared by weight decay") {
    const auto net = gr::sequential(gr::dense(2, 3), gr::dropout{}, gr::named("out", gr::dense(3, 1)));
    CHECK(walked(net) == std::vector<seen>{{"0.W", true, true}, {"0.b", true, false}, {"out.W", true, true}, {"out.b", true, false}});
    CHECK(walked(gr::dense(2, 3)) == std::vector<seen>{{"W", true, true}, {"b", true, false}});
    CHECK(walked(gr::repeat(2, gr::dense(2, 2))).back() == seen{"1.b", true, false});
    CHECK(walked(gr::dropout{}).empty());
}

TEST_CASE("parameters.each: a flag of a layer holds for all that is in it") {
    CHECK(walked(composite{}) == std::vector<seen>{{"scale", false, true},
                                                   {"fixed.W", false, true},
                                                   {"fixed.b", false, false},
                                                   {"spared.W", true, false},
                                                   {"spared.b", true, false}});
}

TEST_CASE("parameters.each: statistics are leaves of their own, which each leaves out") {
    const auto net = gr::sequential(probes::batch_normalization<>(2));
    std::vector<std::string> leaves;
    gr::each_leaf([&](const gr::entry& e, const auto&) { leaves.push_back(e.path()); }, net);
    CHECK(leaves == std::vector<std::string>{"0.gamma", "0.beta", "0.running"});
    CHECK(walked(net).size() == 2);
}

TEST_CASE("parameters.each: goes through any number of the same layout side by side, and may change each") {
    auto net = gr::sequential(gr::dense(2, 3), gr::dense(3, 1));
    gr::gradients a(net), b(net);
    gr::each(
        [](const gr::entry&, auto& theta, auto& x, const auto& y) {
            CHECK(theta.shape() == x.shape());
            CHECK(x.shape() == y.shape());
            theta.fill(1), x.fill(2);
        },
        net, a.values, b.values);
    CHECK(net.layer<1>().theta.W(2, 0) == 1);
    CHECK(std::get<1>(a.values.layers).W(2, 0) == 2);
}

TEST_CASE("parameters.count: learnt numbers") {
    CHECK(gr::count(gr::dense(784, 128)) == 100480);
    CHECK(gr::count(gr::sequential(gr::dense(784, 128), gr::dense(128, 128), gr::dense(128, 10))) == 118282);
    CHECK(gr::count(composite{}) == 2 + 9 + 8);
    CHECK(gr::count(gr::dropout{}) == 0);
}

TEST_CASE("gradients: zero at first; +=, *=, norm over all tensors, zero again") {
    const auto net = gr::sequential(gr::dense(2, 2), gr::dense(2, 1));
    gr::gradients g(net), h(net);
    CHECK(g.norm() == 0);
    std::get<0>(g.values.layers).W(0, 1) = 3;
    std::get<1>(g.values.layers).b(0) = 4;
    CHECK(g.norm() == 5);
    std::get<1>(h.values.layers).b(0) = 1;
    h += g;
    CHECK(std::get<0>(h.values.layers).W(0, 1) == 3);
    CHECK(std::get<1>(h.values.layers).b(0) == 5);
    h *= 0.5;
    CHECK(std::get<1>(h.values.layers).b(0) == 2.5f);
    CHECK(std::get<1>(g.values.layers).b(0) == 4);  // a value of its own
    const gr::gradients copy = g;
    g.zero();
    CHECK(g.norm() == 0);
    CHECK(copy.norm() == 5);
}

TEST_CASE("optimizer: leaves alone what is frozen, by itself or with the layer that it is in") {
    composite net;
    const composite before = net;
    gr::gradients<composite> grad(net);
    gr::each([](const gr::entry&, auto& g) { g.fill(1); }, grad.values);
    gr::optimizer descend(net, gr::sgd{.learning_rate = 1});
    descend(net, grad);
    descend(net, grad);
    CHECK(descend.t == 2);  // per step, not per tensor
    CHECK(net.scale == before.scale);
    CHECK(net.fixed.theta.W == before.fixed.theta.W);
    CHECK(net.fixed.theta.b == before.fixed.theta.b);
    CHECK(net.spared.theta.b(0) == doctest::Approx(-1 - 1.9));  // v = 1, then 0.9 + 1
}

TEST_CASE("optimizer: in parts it does what it does at once, and reduces what += adds") {
    const auto start = gr::sequential(gr::dense(5, 7), gr::dense(7, 3));
    gr::gradients<std::remove_const_t<decltype(start)>> grad(start);
    std::uint64_t k = 0;
    gr::each([&](const gr::entry&, auto& g) { gr::draw(g, gr::normal{0, 1}, ++k, {}); }, grad.values);
    auto whole = start;
    gr::optimizer a(whole, gr::adam{});
    a(whole, grad);
    for (std::size_t parts = 1; parts <= 6; ++parts) {
        auto net = start;
        gr::optimizer b(net, gr::adam{});
        b.begin();
        auto total = grad;
        for (std::size_t p = 0; p < parts; ++p) b.apply(net, grad, p, parts), b.reduce(net, total.values, grad, p, parts);
        gr::each([](const gr::entry&, const auto& x, const auto& y) { CHECK(x == y); }, net, whole);
        auto twice = grad;
        twice += grad;
        gr::each([](const gr::entry&, const auto& x, const auto& y) { CHECK(x == y); }, total.values, twice.values);
    }
}

TEST_CASE("parameters: gradients and optimizers of a network of other sizes are refused") {
    auto small = gr::sequential(gr::dense(2, 3)), big = gr::sequential(gr::dense(2, 50));
    gr::gradients a(small), b(big);
    const char* words = "parameters: 0.W is (2, 50) here and (2, 3) there: gradients and optimizers belong to one network";
    CHECK_THROWS_WITH_AS(b += a, words, gr::shape_error);
    auto descend = gr::optimizer(big, gr::adam{}), other = gr::optimizer(small, gr::adam{});
    CHECK_THROWS_WITH_AS(descend(big, a), words, gr::shape_error);
    CHECK_THROWS_WITH_AS(other(big, b), words, gr::shape_error);
    gr::pass pass(big);
    const gr::tensor<float, 2> x({4, 2}, 1.0f), dy({4, 50}, 1.0f);
    big.forward(x, pass);
    CHECK_THROWS_WITH_AS(big.backward(x, dy, pass, a),
                         "dense #0: dW = xᵀ dz needs dW of (2, 50), got (2, 3): make the gradients of this network, "
                         "gr::gradients grad(net)",
                         gr::shape_error);
}

TEST_CASE("parameters.each_layer: every layer, those made of layers before those in them, by its path") {
    auto net = gr::sequential(gr::dense(2, 3), gr::dropout{}, gr::named("deep", gr::repeat(2, gr::dense(3, 3))),
                              gr::sequential(gr::dense(3, 1)));
    std::vector<std::string> paths;
    gr::each_layer([&](const gr::entry& e, auto&) { paths.push_back(e.path()); }, net);
    CHECK(paths == std::vector<std::string>{"0", "1", "deep", "deep.0", "deep.1", "3", "3.0"});
    auto alone = gr::dense(2, 3);
    gr::each_layer([&](const gr::entry& e, auto&) { CHECK(e.path() == "layer"); }, alone);
}
