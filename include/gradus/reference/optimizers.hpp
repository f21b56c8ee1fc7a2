#pragma once
/// \file
/// One step of each optimizer on one tensor, as the book writes it.

#include <cmath>
#include <cstdint>

#include "gradus/core/tensor.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/sgd.hpp"
#include "gradus/reference/xtensor.hpp"

namespace gradus::reference {

/// θ ← θ − α g.                                                                                [gradient_descent.theta]
template <any_tensor X>
void step(const gradient_descent& o, std::uint64_t, X& theta, const X& g) {
    theta = theta - o.learning_rate * g;
}

/// v ← μ v + g,  θ ← θ − α v.                                                                       [sgd.v] [sgd.theta]
template <any_tensor X>
void step(const sgd& o, std::uint64_t, X& theta, const X& g, X& v) {
    v = o.momentum * v + g;
    theta = theta - o.learning_rate * v;
}

/// Algorithm 1 of "Adam", with its divisions by 1 − βᵗ.        [adam.m] [adam.v] [adam.m_hat] [adam.v_hat] [adam.theta]
template <any_tensor X>
void step(const adam& o, std::uint64_t t, X& theta, const X& g, X& m, X& v) {
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const X m_hat = m / (1 - std::pow(o.beta1, t));
    const X v_hat = v / (1 - std::pow(o.beta2, t));
    theta = theta - o.learning_rate * m_hat / (xt::sqrt(v_hat) + o.epsilon);
}

}  // namespace gradus::reference
