#include <doctest/doctest.h>

#include <string>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/optimizers/optimizer.hpp"
#include "gradus/reference/optimizers.hpp"

namespace gr = gradus;
using number = gr::tensor<double, 1>;

namespace {

/// Two tensors of different shape, as a layer has them.
template <class T>
struct pair {
    struct parameters {
        gr::tensor<T, 2> W;
        gr::tensor<T, 1> b;
        static void each(auto&& f, auto&... p) { f("W", p.W...), f("b", p.b...); }
    };
    parameters theta;
};

/// The step-th of tensors that are stacked along a first axis.
template <class X, class Stack>
X at(const Stack& stack, std::size_t step) {
    typename X::shape_type shape;
    std::copy(stack.shape().begin() + 1, stack.shape().end(), shape.begin());
    X x(shape);
    std::copy_n(stack.data() + step * x.size(), x.size(), x.data());
    return x;
}

/// Ten steps with PyTorch's gradients: θ after each, the slots after the last.
template <class T, class Options>
void equals_pytorch(const Options& options, const std::string& name) {
    using support::difference;
    using support::pytorch;
    using matrix = gr::tensor<T, 2>;
    using vector = gr::tensor<T, 1>;
    const auto tolerance = support::tolerance<T>(10);
    pair<T> net{{pytorch<matrix>("optimizers/W"), pytorch<vector>("optimizers/b")}};
    gr::optimizer descend(net, options);
    const auto gW = pytorch<gr::tensor<T, 3>>("optimizers/gW");
    const auto gb = pytorch<matrix>("optimizers/gb");
    const auto W = pytorch<gr::tensor<double, 3>>("optimizers/" + name + ".W");
    const auto b = pytorch<gr::tensor<double, 2>>("optimizers/" + name + ".b");
    for (std::size_t t = 0; t < 10; ++t) {
        CAPTURE(t);
        descend(net, {at<matrix>(gW, t), at<vector>(gb, t)});
        CHECK(descend.t == t + 1);  // once per step, not once per tensor
        CHECK(difference(net.theta.W, at<gr::tensor<double, 2>>(W, t)) <= tolerance);
        CHECK(difference(net.theta.b, at<gr::tensor<double, 1>>(b, t)) <= tolerance);
    }
    for (std::size_t s = 0; s < Options::slots.size(); ++s) {
        const std::string slot = "optimizers/" + name + "." + std::string(Options::slots[s]);
        CHECK(difference(descend.slots[s].W, pytorch<gr::tensor<double, 2>>(slot + ".W")) <= tolerance);
        CHECK(difference(descend.slots[s].b, pytorch<gr::tensor<double, 1>>(slot + ".b")) <= tolerance);
    }
}

/// The formula's statement on numbers, on registers (the kernel) and on whole tensors, against the textbook's twin.
template <class T, class Options, class... Slot>
void is_generic(const Options& options, Slot... zero) {
    using vector = gr::tensor<T, 1>;
    constexpr std::size_t n = 37;
    const auto begin = support::draw<vector>({n}, 1);
    auto twin = begin, kernel = begin, whole = begin, numbers = begin;
    const auto walk = [&](vector& theta, auto&& step) {
        [&](auto... slots) {
            for (std::uint64_t t = 1; t <= 5; ++t) step(t, theta, support::draw<vector>({n}, 10 + t), slots...);
        }(vector({n}, T(zero))...);
    };
    walk(twin,
         [&](auto t, auto& theta, const auto& g, auto&... s) { gr::reference::step(options, t, theta, g, s...); });
    walk(kernel, [&](auto t, auto& theta, const auto& g, auto&... s) {
        gr::kernels::update(n, options.template step<T>(t), theta.data(), g.data(), s.data()...);
    });
    walk(whole, [&](auto t, auto& theta, const auto& g, auto&... s) { options.template step<T>(t)(theta, g, s...); });
    walk(numbers, [&](auto t, auto& theta, const auto& g, auto&... s) {
        for (std::size_t i = 0; i < n; ++i) options.template step<T>(t)(theta(i), g(i), s(i)...);
    });
    CHECK(support::difference(kernel, twin) <= support::tolerance<T>());
    CHECK(support::difference(whole, twin) <= support::tolerance<T>());
    CHECK(support::difference(numbers, twin) <= support::tolerance<T>());
}

}  // namespace

TEST_CASE("gradient_descent.theta: by hand") {
    double theta = 2;
    gr::gradient_descent{.learning_rate = 0.1}.step<double>(1)(theta, 3.0);
    CHECK(theta == doctest::Approx(1.7));  // 2 − 0.1 · 3
}
TEST_CASE("sgd.v, sgd.theta: by hand") {
    double theta = 2, v = 0;
    const gr::sgd o{.learning_rate = 0.1, .momentum = 0.5};
    o.step<double>(1)(theta, 3.0, v);
    CHECK(v == 3);                         // 0.5 · 0 + 3
    CHECK(theta == doctest::Approx(1.7));  // 2 − 0.1 · 3
    o.step<double>(2)(theta, 1.0, v);
    CHECK(v == 2.5);                        // 0.5 · 3 + 1
    CHECK(theta == doctest::Approx(1.45));  // 1.7 − 0.1 · 2.5
}
TEST_CASE("adam.m, adam.v, adam.m_hat, adam.v_hat, adam.theta: by hand") {
    double theta = 2, m = 0, v = 0;
    const gr::adam o{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1};
    o.step<double>(1)(theta, 4.0, m, v);
    CHECK(m == 2);                          // 0.5 · 0 + 0.5 · 4
    CHECK(v == 4);                          // 0.75 · 0 + 0.25 · 16
    CHECK(theta == doctest::Approx(1.92));  // m̂ = 2 / 0.5 = 4, v̂ = 4 / 0.25 = 16: 2 − 0.1 · 4 / (4 + 1)
    o.step<double>(2)(theta, -2.0, m, v);
    CHECK(m == 0);                          // 0.5 · 2 − 0.5 · 2
    CHECK(v == 4);                          // 0.75 · 4 + 0.25 · 4
    CHECK(theta == doctest::Approx(1.92));  // m̂ = 0
    o.step<double>(3)(theta, 7.0, m, v);
    CHECK(m == 3.5);    // 0.5 · 7
    CHECK(v == 15.25);  // 3 + 0.25 · 49
    // m̂ = 3.5 / (1 − 1/8) = 4, v̂ = 15.25 / (1 − 27/64) = 976/37 = 26.378378, its root 5.135989
    CHECK(theta == doctest::Approx(1.92 - 0.4 / 6.1359887).epsilon(1e-8));
}
TEST_CASE("adam.theta: the first step is α against the sign of the gradient, whatever its size") {
    for (double g : {1e-3, 1.0, -1e6}) {
        double theta = 0, m = 0, v = 0;
        gr::adam{}.step<double>(1)(theta, g, m, v);
        CHECK(theta == doctest::Approx(g > 0 ? -1e-3 : 1e-3).epsilon(1e-4));
    }
}

TEST_CASE_TEMPLATE("gradient_descent.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::gradient_descent{.learning_rate = 0.05}, "gradient_descent");
}
TEST_CASE_TEMPLATE("sgd.v, sgd.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::sgd{.learning_rate = 0.05, .momentum = 0.9}, "sgd");
}
TEST_CASE_TEMPLATE("adam.m, adam.v, adam.m_hat, adam.v_hat, adam.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::adam{.learning_rate = 0.01, .epsilon = 1e-8}, "adam");
    equals_pytorch<T>(gr::adam{.learning_rate = 0.01, .epsilon = 1e-7}, "adam_keras");
}

TEST_CASE_TEMPLATE("gradient_descent.theta, sgd.theta: a number, a register and an expression equal the twin", T, float,
                   double) {
    is_generic<T>(gr::gradient_descent{.learning_rate = 0.05});
    is_generic<T>(gr::sgd{.learning_rate = 0.05}, 0);
}
TEST_CASE_TEMPLATE("adam.theta: a number, a register and an expression equal the twin", T, float, double) {
    is_generic<T>(gr::adam{.learning_rate = 0.01}, 0, 0);
}
