#pragma once
/// \file
/// A normalization layer against PyTorch's values and against the reference implementation.

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

#include "gradus/nn/pass.hpp"
#include "gradus/reference/normalization.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/fixture.hpp"

namespace support {

/// y, dx, dγ and dβ equal those of the case whose array names begin with `at`; sets γ and β to those of the case. dγ is
/// a sum of `terms` terms.
template <class Layer, class X>
void check_normalization(Layer& layer, const X& x, gradus::pass<Layer, X>& pass, const std::string& at, std::size_t terms) {
    using T = gradus::scalar_of<X>;
    using exact = gradus::tensor<double, gradus::rank_of<X>>;
    layer.theta.gamma = pytorch<gradus::tensor<T, 1>>(at + "gamma"), layer.theta.beta = pytorch<gradus::tensor<T, 1>>(at + "beta");
    gradus::gradients grad(layer);
    const X y = gradus::forward(layer, x, pass), dy = pytorch<X>(at + "dy");
    const auto& dx = gradus::backward(layer, x, dy, pass, grad.values);
    CHECK(difference(y, pytorch<exact>(at + "y")) <= tolerance<T>(terms));
    CHECK(difference(dx, pytorch<exact>(at + "dx")) <= tolerance<T>(terms));
    CHECK(difference(grad.values.gamma, pytorch<gradus::tensor<double, 1>>(at + "dgamma")) <= tolerance<T>(terms));
    CHECK(difference(grad.values.beta, pytorch<gradus::tensor<double, 1>>(at + "dbeta")) <= tolerance<T>(terms));
}

/// The same against the reference implementation, for x (N, P, C) and random γ, β, x and dy. set(n, p, c) is the index
/// of the set of elements that share their statistics.
template <class Layer, class Set>
void check_against_reference(Layer& layer, std::size_t N, std::size_t P, std::size_t C, Set set) {
    using T = typename Layer::scalar;
    using X = gradus::tensor<T, 3>;
    using per_channel = gradus::tensor<T, 1>;
    CAPTURE(N);
    CAPTURE(P);
    CAPTURE(C);
    layer.theta.gamma = draw<per_channel>({C}, 1), layer.theta.beta = draw<per_channel>({C}, 2);
    const auto x = draw<X>({N, P, C}, 3, -1, 3), dy = draw<X>({N, P, C}, 4);
    const std::size_t sets = set(N - 1, P - 1, C - 1) + 1, terms = N * P * C / sets;
    // The reference computes in double, because plain sums in float would be less accurate than those of the layer.
    const auto wide = []<std::size_t R>(const gradus::tensor<T, R>& t) {
        gradus::tensor<double, R> out(t.shape());
        std::copy_n(t.data(), t.size(), out.data());
        return out;
    };
    const gradus::reference::normalization<double> forward(wide(x), wide(layer.theta.gamma), wide(layer.theta.beta),
                                                           layer.epsilon, sets, set);
    const gradus::reference::normalization_backward<double> backward(forward, wide(layer.theta.gamma), wide(dy), set);
    gradus::pass pass(layer, x);
    pass.input_gradient = true;
    gradus::gradients grad(layer);
    CHECK(difference(gradus::forward(layer, x, pass), forward.y) <= tolerance<T>(terms));
    CHECK(difference(gradus::backward(layer, x, dy, pass, grad.values), backward.dx) <= tolerance<T>(terms));
    CHECK(difference(grad.values.gamma, backward.dgamma) <= tolerance<T>(N * P));
    CHECK(difference(grad.values.beta, backward.dbeta) <= tolerance<T>(N * P));
    if constexpr (requires { pass.cache.used.mean; }) {
        CHECK(difference(pass.cache.used.mean, forward.mean) <= tolerance<T>());
        CHECK(difference(pass.cache.used.variance, forward.variance) <= tolerance<T>());
    }
}

}  // namespace support
