#pragma once
/// \file
/// Ten steps beside PyTorch's, and a formula beside its twin.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/optimizers/optimizer.hpp"
#include "gradus/reference/optimizers.hpp"

namespace support {

/// Two tensors of different shape, as a layer has them.
template <class T>
struct pair {
    struct parameters {
        gradus::tensor<T, 2> W;
        gradus::tensor<T, 1> b;
        static void each(auto&& f, auto&... p) { f("W", p.W...), f(gradus::entry("b").without_decay(), p.b...); }
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

/// θ and the gradients of ten steps, from which PyTorch's paths start.
template <class T>
struct ten_steps {
    pair<T> net{{pytorch<gradus::tensor<T, 2>>("optimizers/W"), pytorch<gradus::tensor<T, 1>>("optimizers/b")}};
    gradus::tensor<T, 3> gW = pytorch<gradus::tensor<T, 3>>("optimizers/gW");
    gradus::tensor<T, 2> gb = pytorch<gradus::tensor<T, 2>>("optimizers/gb");

    [[nodiscard]] typename pair<T>::parameters gradient(std::size_t t) const {
        return {at<gradus::tensor<T, 2>>(gW, t), at<gradus::tensor<T, 1>>(gb, t)};
    }
};

/// What the k-th slot of an optimizer holds for the parameter at a path.
template <class X, class Optimizer, class Net>
X kept(Optimizer& descend, const Net& net, std::size_t k, std::string_view path) {
    X found;
    descend.kept(k).each(gradus::parameter_list(net), [&](const gradus::entry& e, gradus::tensor_ref t) {
        if (e.path() != path) return;
        REQUIRE(t.is<X>());
        gradus::reshape(found, t.shape());
        std::ranges::copy(t.as<gradus::scalar_of<X>>(), found.data());
    });
    return found;
}

/// Ten steps with PyTorch's gradients: θ after each, after the last the slots that PyTorch has too.
template <class T, class Options>
void equals_pytorch(const Options& options, const std::string& name) {
    CAPTURE(name);
    const auto tolerance = support::tolerance<T>(10);
    ten_steps<T> steps;
    auto& net = steps.net;
    gradus::optimizer descend(net, options);
    const auto W = pytorch<gradus::tensor<double, 3>>("optimizers/" + name + ".W");
    const auto b = pytorch<gradus::tensor<double, 2>>("optimizers/" + name + ".b");
    for (std::size_t t = 0; t < 10; ++t) {
        CAPTURE(t);
        descend(net, steps.gradient(t));
        CHECK(descend.t == t + 1);  // once per step, not once per tensor
        CHECK(difference(net.theta.W, at<gradus::tensor<double, 2>>(W, t)) <= tolerance);
        CHECK(difference(net.theta.b, at<gradus::tensor<double, 1>>(b, t)) <= tolerance);
    }
    const bool without_buffer = name == "rmsprop" || name == "centered_rmsprop";  // PyTorch keeps no b where μ = 0
    for (std::size_t s = 0; s < Options::slots.size(); ++s) {
        if (without_buffer && Options::slots[s] == "b") continue;
        const std::string slot = "optimizers/" + name + "." + std::string(Options::slots[s]);
        CHECK(difference(kept<gradus::tensor<T, 2>>(descend, net, s, "W"), pytorch<gradus::tensor<double, 2>>(slot + ".W")) <=
              tolerance);
        CHECK(difference(kept<gradus::tensor<T, 1>>(descend, net, s, "b"), pytorch<gradus::tensor<double, 1>>(slot + ".b")) <=
              tolerance);
    }
}

/// The formula of step t, of options with scalars too.
template <class T, class Options>
auto formula(const Options& options, std::uint64_t t) {
    if constexpr (gradus::keeps_scalars<Options>) {
        std::array<double, Options::scalars.size()> scalars{Options::scalars[0].second};
        for (std::uint64_t i = 1; i <= t; ++i) options.advance(i, scalars);
        return options.template step<T>(t, scalars);
    } else {
        return options.template step<T>(t);
    }
}

/// The formula's statement on numbers, on registers (the kernel) and on whole tensors, against the textbook's twin.
template <class T, class Options>
void is_generic(const Options& options) {
    using vector = gradus::tensor<T, 1>;
    constexpr std::size_t n = 37;
    const auto begin = draw<vector>({n}, 1);
    auto twin = begin, kernel = begin, whole = begin, numbers = begin;
    const auto walk = [&](vector& theta, auto&& step) {
        std::array<vector, Options::slots.size()> slots;
        slots.fill(vector({n}, T(0)));
        for (std::uint64_t t = 1; t <= 5; ++t)
            std::apply([&](auto&... s) { step(t, theta, draw<vector>({n}, 10 + t), s...); }, slots);
    };
    walk(twin, [&](auto t, auto& theta, const auto& g, auto&... s) { gradus::reference::step(options, t, theta, g, s...); });
    walk(kernel, [&](auto t, auto& theta, const auto& g, auto&... s) {
        gradus::kernels::update(n, formula<T>(options, t), theta.data(), g.data(), s.data()...);
    });
    walk(whole, [&](auto t, auto& theta, const auto& g, auto&... s) { formula<T>(options, t)(theta, g, s...); });
    walk(numbers, [&](auto t, auto& theta, const auto& g, auto&... s) {
        for (std::size_t i = 0; i < n; ++i) formula<T>(options, t)(theta(i), g(i), s(i)...);
    });
    CHECK(difference(twin, begin) > 1e-3);  // it went somewhere
    CHECK(difference(kernel, twin) <= tolerance<T>());
    CHECK(difference(whole, twin) <= tolerance<T>());
    CHECK(difference(numbers, twin) <= tolerance<T>());
}

}  // namespace support
