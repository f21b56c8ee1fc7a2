#include "gradus/optimizers/optimizer.hpp"

#include <doctest/doctest.h>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/model/sequential.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/sgd.hpp"

namespace gr = gradus;

namespace {

auto network() { return gr::sequential(gr::dense(3, 5, gr::sigmoid{}), gr::dense(5, 2)); }

/// A gradient of random numbers.
template <class Net>
gr::gradients<Net> random_gradient(const Net& net, std::uint64_t key) {
    gr::gradients grad(net);
    gr::each(
        [&, i = 0ull](const gr::entry&, auto& g) mutable {
            g = support::draw<std::remove_cvref_t<decltype(g)>>(g.shape(), gr::random::mix(key, i++));
        },
        grad.values);
    return grad;
}

template <class A, class B>
bool equal(const A& a, const B& b) {
    bool all = true;
    gr::each([&](const gr::entry&, const auto& x, const auto& y) { all = all && support::same(x, y); }, a, b);
    return all;
}

/// A layer of which the optimizer may change one tensor.
struct half_frozen {
    struct parameters {
        gr::tensor<float, 1> learnt, given;
        static void each(auto&& f, auto&... p) { f("learnt", p.learnt...), f(gr::entry("given").frozen(), p.given...); }
    };
    parameters theta{{1, 2}, {3, 4}};
};

}  // namespace

TEST_CASE("optimizer: t counts steps, slots begin at zero and have the shapes of the parameters") {
    auto net = network();
    gr::optimizer descend(net, gr::adam{});
    CHECK(descend.t == 0);
    const auto zero = gr::gradients(net).values;
    CHECK(equal(descend.slots[0], zero));
    CHECK(equal(descend.slots[1], zero));
    descend(net, random_gradient(net, 1));
    CHECK(descend.t == 1);
    CHECK_FALSE(equal(descend.slots[0], zero));
}
TEST_CASE("optimizer: every tensor of every layer takes its own gradient") {
    auto net = network();
    const auto before = net;
    const auto grad = random_gradient(net, 1);
    gr::optimizer descend(net, gr::gradient_descent{.learning_rate = 0.5});
    descend(net, grad);
    gr::each(
        [](const gr::entry& e, const auto& now, const auto& old, const auto& g) {
            CAPTURE(e.path());
            for (std::size_t i = 0; i < now.size(); ++i)
                CHECK(now.data()[i] == doctest::Approx(old.data()[i] - 0.5f * g.data()[i]));
        },
        net, before, grad.values);
}
TEST_CASE("optimizer.apply: in parts, as threads share a step, the same numbers bit for bit") {
    auto whole = network();
    auto parted = whole;
    gr::optimizer descend(whole, gr::adam{}), descend_in_parts(parted, gr::adam{});
    for (std::uint64_t t = 0; t < 3; ++t) {
        const auto grad = random_gradient(whole, t);
        descend(whole, grad);
        descend_in_parts.begin();
        const std::size_t parts = 1 + 2 * t;  // 1, 3, 5: borders within tensors
        for (std::size_t part = parts; part-- > 0;) descend_in_parts.apply(parted, grad, part, parts);
    }
    CHECK(descend_in_parts.t == 3);
    CHECK(equal(whole, parted));
    CHECK(equal(descend.slots[1], descend_in_parts.slots[1]));
}
TEST_CASE("optimizer.reduce: total += grad, in parts that together are the whole") {
    auto net = network();
    gr::optimizer descend(net, gr::sgd{});
    auto expected = random_gradient(net, 1), total = expected;
    const auto grad = random_gradient(net, 2);
    expected += grad;
    for (std::size_t part = 0; part < 4; ++part) descend.reduce(net, total, grad, part, 4);
    CHECK(equal(total.values, expected.values));
}
TEST_CASE("optimizer: leaves a frozen parameter alone") {
    half_frozen net;
    gr::optimizer descend(net, gr::gradient_descent{.learning_rate = 1});
    descend(net, {{1, 1}, {1, 1}});
    CHECK(net.theta.learnt == gr::tensor<float, 1>{0, 1});
    CHECK(net.theta.given == gr::tensor<float, 1>{3, 4});
}
TEST_CASE("optimizer: a value, whose copy goes on from the same place; its options may change between steps") {
    auto net = network();
    gr::optimizer descend(net, gr::adam{});
    descend(net, random_gradient(net, 1));
    auto copy = descend;
    auto twin = net;
    descend(net, random_gradient(net, 2));
    copy(twin, random_gradient(net, 2));
    CHECK(equal(net, twin));
    descend.options.learning_rate = 0;
    descend(net, random_gradient(net, 3));
    CHECK(equal(net, twin));
    CHECK(descend.t == 3);
}
TEST_CASE("optimizer: moves the random stream of a pass to its step") {
    auto net = network();
    gr::pass pass(net);
    gr::optimizer descend(net, gr::sgd{});
    descend(net, random_gradient(net, 1), pass);
    descend(net, random_gradient(net, 2), pass);
    CHECK(pass.step == 2);
}
