#include "gradus/optimizers/optimizer.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/repeat.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/nadam.hpp"
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

/// The paths for which a slot holds anything but zeros.
template <class Net>
std::string moved(const Net& net, gr::slot slot) {
    std::string paths;
    slot.each(gr::parameter_list(net), [&](const gr::entry& e, gr::tensor_ref t) {
        for (std::size_t i = 0; i < t.size(); ++i)
            if (t.number(i) != 0) return void(paths += e.path() + " ");
    });
    return paths;
}

/// The optimizer of docs/optimizers.md.
struct bounded_descent {
    double learning_rate = 0.01;
    gr::weight_decay decay = {};
    static constexpr std::string_view name = "bounded_descent";
    static constexpr std::array<std::string_view, 0> slots{};
    void check() const { gr::require(name, {{"learning_rate", learning_rate}}); }

    template <class T>
    auto step(std::uint64_t) const {
        return [alpha = static_cast<T>(learning_rate)](auto& theta, const auto& g) {
            theta -= alpha * g / (1 + g * g);  // θ ← θ − α g / (1 + g²)
        };
    }
};

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
    CHECK(moved(net, descend.kept(0)) == "");
    CHECK(moved(net, descend.kept(1)) == "");
    CHECK(descend.kept(0).size() == 64 * (1 + 1 + 1 + 1));  // 60, 20, 40 and 8 bytes, each at a cache line
    descend(net, random_gradient(net, 1));
    CHECK(descend.t == 1);
    CHECK(moved(net, descend.kept(0)) == "0.W 0.b 1.W 1.b ");
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
    CHECK(descend.kept(1) == descend_in_parts.kept(1));
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

TEST_CASE("optimizer.apply: with a scale, as if the gradient had it") {
    auto scaled = network();
    auto plain = scaled;
    gr::optimizer a(scaled, gr::sgd{}), b(plain, gr::sgd{});
    auto grad = random_gradient(scaled, 1);
    a.begin();
    for (std::size_t part = 0; part < 3; ++part) a.apply(scaled, grad, part, 3, 0.25);
    grad *= 0.25;
    b(plain, grad);
    CHECK(equal(scaled, plain));
}
TEST_CASE("optimizer.reduce: total += scale · grad") {
    auto net = network();
    auto expected = random_gradient(net, 1), total = expected, grad = random_gradient(net, 2);
    for (std::size_t part = 0; part < 3; ++part) gr::optimizer<decltype(net), gr::sgd>::reduce(net, total, grad, part, 3, 0.5);
    grad *= 0.5;
    expected += grad;
    CHECK(equal(total.values, expected.values));
}
TEST_CASE("optimizer.freeze: a layer or a parameter stays, with its slots and against decay, and moves again when let") {
    auto net = network();
    const auto before = net;
    gr::optimizer descend(net, gr::adam{.decay = {.decoupled = 0.1}});
    const auto changed = [&](const auto& a, const auto& b) {
        std::string paths;
        gr::each([&](const gr::entry& e, const auto& x, const auto& y) { if (!support::same(x, y)) paths += e.path() + " "; }, a, b);
        return paths;
    };
    descend.freeze(net, "0");
    descend.freeze(net, "1.b");
    const auto grad = random_gradient(net, 1);
    descend(net, grad);
    CHECK(changed(net, before) == "1.W ");
    CHECK(moved(net, descend.kept(0)) == "1.W ");
    descend.unfreeze(net, "0.W");
    auto copy = descend;  // a copy knows what is frozen
    copy(net, grad);
    CHECK(changed(net, before) == "0.W 1.W ");
    copy.unfreeze(net, "1"), copy.unfreeze(net, "0");
    copy(net, grad);
    CHECK(changed(net, before) == "0.W 0.b 1.W 1.b ");
}
TEST_CASE("optimizer.freeze: names that users gave, and paths that are not there") {
    auto net = gr::sequential(gr::named("in", gr::dense(2, 3)), gr::named("inner", gr::dense(3, 1)));
    const auto before = net;
    gr::optimizer descend(net, gr::gradient_descent{.learning_rate = 1});
    descend.freeze(net, "in");
    descend(net, random_gradient(net, 1));
    CHECK(support::same(net.layer<0>().theta.W, before.layer<0>().theta.W));
    CHECK_FALSE(support::same(net.layer<1>().theta.W, before.layer<1>().theta.W));
    const std::string has = ", the network has in.W, in.b, inner.W, inner.b";
    for (const std::string path : {"0", "in.", "in.W.x", "inn", "", "W"}) {
        CAPTURE(path);
        CHECK(support::message_of([&] { descend.freeze(net, path); }) == "optimizer: nothing to freeze at '" + path + "'" + has);
    }
    CHECK(support::message_of([&] { descend.unfreeze(net, "out"); }) == "optimizer: nothing to unfreeze at 'out'" + has);
}
TEST_CASE("optimizer.clip: the squares of what moves, its parts add up") {
    auto net = network();
    auto grad = random_gradient(net, 1);
    gr::optimizer descend(net, gr::sgd{});
    const double all = descend.clip(net, grad, INFINITY, 0, 1);
    CHECK(all == doctest::Approx(grad.norm() * grad.norm()).epsilon(1e-14));
    double sum = 0;
    for (std::size_t part = 0; part < 5; ++part) sum += descend.clip(net, grad, INFINITY, part, 5);
    CHECK(sum == doctest::Approx(all).epsilon(1e-14));
    descend.freeze(net, "0");
    const auto& last = grad.values;
    double rest = 0;
    gr::each([&](const gr::entry& e, const auto& g) { if (e.path()[0] == '1') rest += gr::sum_of_squares(g.data(), g.size()); }, last);
    CHECK(descend.clip(net, grad, INFINITY, 0, 1) == doctest::Approx(rest).epsilon(1e-14));

    half_frozen half;
    gr::optimizer of_half(half, gr::sgd{});
    half_frozen::parameters of_both{{1, 2}, {3, 4}};
    CHECK(of_half.clip(half, of_both, INFINITY, 0, 1) == 5);
    CHECK(of_half.clip(half, of_both, 1.5, 0, 1) == 3.25);
}
TEST_CASE("optimizer: scalars go with its steps, once each, and with its copies") {
    auto net = network();
    gr::optimizer descend(net, gr::nadam{});
    CHECK(descend.scalars[0] == 1);
    descend(net, random_gradient(net, 1));
    CHECK(descend.scalars[0] == gr::nadam{}.mu(1));
    auto copy = descend;
    auto twin = net;
    descend(net, random_gradient(net, 2));
    copy(twin, random_gradient(net, 2));
    CHECK(equal(net, twin));
    CHECK(copy.scalars[0] == gr::nadam{}.mu(1) * gr::nadam{}.mu(2));
}
TEST_CASE("optimizer: hyper-parameters that are negative or no number, when it is made and when they are changed") {
    auto net = network();
    const auto made = [&](const auto& options) { return support::message_of([&] { gr::optimizer(net, options); }); };
    CHECK(made(gr::gradient_descent{.learning_rate = -0.1}) == "gradient_descent: learning_rate must be in [0, ∞), is -0.1");
    CHECK(made(gr::adam{.learning_rate = std::nan("")}) == "adam: learning_rate must be in [0, ∞), is nan");
    CHECK(made(gr::adam{.beta1 = 1}) == "adam: beta1 must be in [0, 1), is 1");
    CHECK(made(gr::nadam{.momentum_decay = std::numeric_limits<double>::infinity()}) == "nadam: momentum_decay must be in [0, ∞), is inf");
    CHECK(made(gr::sgd{.dampening = 0.5, .nesterov = true}) ==
          "sgd: dampening is for PyTorch's form without nesterov, is 0.5");
    CHECK(made(gr::sgd{.momentum = 0, .nesterov = true}) == "sgd: nesterov needs a momentum above 0, is 0");
    const auto before = net;
    gr::optimizer descend(net, gr::adam{});
    descend.options.learning_rate = -1;
    CHECK(support::message_of([&] { descend(net, random_gradient(net, 1)); }) ==
          "adam: learning_rate must be in [0, ∞), is -1");
    CHECK(descend.t == 0);
    CHECK(equal(net, before));
}
TEST_CASE("optimizer: with options and a formula of one's own") {
    half_frozen net;
    gr::optimizer descend(net, bounded_descent{.learning_rate = 1, .decay = {.decoupled = 0.5}});
    descend(net, {{2, 3}, {1, 1}});
    CHECK(net.theta.learnt(0) == doctest::Approx(0.5 - 0.4));
    CHECK(net.theta.learnt(1) == doctest::Approx(1 - 0.3));
    CHECK(support::message_of([&] { gr::optimizer(net, bounded_descent{.learning_rate = -1}); }) ==
          "bounded_descent: learning_rate must be in [0, ∞), is -1");
}

TEST_CASE("optimizer: that of a deeper network is refused") {
    const auto deep = gr::repeat(3, gr::dense(2, 2));
    auto shallow = gr::repeat(2, gr::dense(2, 2));
    gr::optimizer descend(deep, gr::adam{});
    gr::optimizer own(shallow, gr::adam{});
    const gr::gradients grad(shallow);
    own(shallow, grad);
    CHECK(support::message_of([&] { descend.require_own(gr::parameter_list(shallow)); }) ==
          "optimizer: keeps more parameters than the 4 of this network: it belongs to another one");
    CHECK(support::message_of([&] {
              gr::parameter_list theta(shallow), g(grad.values);
              descend.begin(), descend.apply(theta, g, 0, 1);
          }) == "optimizer: keeps more parameters than the 4 of this network: it belongs to another one");
}
