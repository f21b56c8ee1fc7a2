#pragma once
/// \file
/// One step of each optimizer on one tensor, in textbook form.

#include <cmath>
#include <cstdint>

#include "gradus/optimizers/adadelta.hpp"
#include "gradus/optimizers/adagrad.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/adamw.hpp"
#include "gradus/optimizers/amsgrad.hpp"
#include "gradus/optimizers/centered_rmsprop.hpp"
#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/lion.hpp"
#include "gradus/optimizers/nadam.hpp"
#include "gradus/optimizers/rmsprop.hpp"
#include "gradus/optimizers/sgd.hpp"
#include "gradus/reference/xtensor.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::reference {

/// θ ← θ − α g.                                                                                [gradient_descent.theta]
template <any_tensor X>
void step(const gradient_descent& o, std::uint64_t, X& theta, const X& g) {
    theta = theta - o.learning_rate * g;
}

/// v ← μ v + (1 − τ) g,  θ ← θ − α v or θ ← θ − α (g + μ v).                        [sgd.v] [sgd.theta] [sgd.nesterov]
/// With α inside v: v ← μ v − α g,  θ ← θ + v or θ ← θ + μ v − α g.
///                                                          [sgd.velocity] [sgd.theta_velocity] [sgd.nesterov_velocity]
template <any_tensor X>
void step(const sgd& o, std::uint64_t t, X& theta, const X& g, X& v) {
    if (o.form == sgd::sutskever) {
        v = o.momentum * v - o.learning_rate * g;
        theta = o.nesterov ? X(theta + o.momentum * v - o.learning_rate * g) : X(theta + v);
    } else {
        v = t == 1 ? g : X(o.momentum * v + (1 - o.dampening) * g);
        theta = o.nesterov ? X(theta - o.learning_rate * (g + o.momentum * v)) : X(theta - o.learning_rate * v);
    }
}

/// s ← s + g²,  θ ← θ − αₜ g / (√s + ε) or θ ← θ − αₜ g / √(s + ε).
///                                                                [adagrad.s] [adagrad.theta] [adagrad.theta_inside]
template <any_tensor X>
void step(const adagrad& o, std::uint64_t t, X& theta, const X& g, X& s) {
    const double alpha = o.learning_rate / (1 + static_cast<double>(t - 1) * o.learning_rate_decay);
    s = s + xt::square(g);
    const X root = o.form == adagrad::keras ? X(xt::sqrt(s + o.epsilon)) : X(xt::sqrt(s) + o.epsilon);
    theta = theta - alpha * g / root;
}

/// Algorithm 1 of "ADADELTA", in its order.               [adadelta.v] [adadelta.delta] [adadelta.u] [adadelta.theta]
template <any_tensor X>
void step(const adadelta& o, std::uint64_t, X& theta, const X& g, X& v, X& u) {
    v = o.rho * v + (1 - o.rho) * xt::square(g);
    const X delta = xt::sqrt(u + o.epsilon) / xt::sqrt(v + o.epsilon) * g;
    u = o.rho * u + (1 - o.rho) * xt::square(delta);
    theta = theta - o.learning_rate * delta;
}

/// b ← μ b + g / (√σ² + ε),  θ ← θ − α b, or TensorFlow's b ← μ b + α g / √(σ² + ε),  θ ← θ − b.
template <class Options, any_tensor X>
void rmsprop_step(const Options& o, X& theta, const X& g, const X& variance, X& b) {
    if (o.form == Options::tensorflow) {
        b = o.momentum * b + o.learning_rate * g / xt::sqrt(variance + o.epsilon);
        theta = theta - b;
    } else {
        b = o.momentum * b + g / (xt::sqrt(variance) + o.epsilon);
        theta = theta - o.learning_rate * b;
    }
}
/// v ← ρ v + (1 − ρ) g².      [rmsprop.v] [rmsprop.b] [rmsprop.theta] [rmsprop.b_tensorflow] [rmsprop.theta_tensorflow]
template <any_tensor X>
void step(const rmsprop& o, std::uint64_t, X& theta, const X& g, X& v, X& b) {
    v = o.rho * v + (1 - o.rho) * xt::square(g);
    rmsprop_step(o, theta, g, v, b);
}
/// a ← ρ a + (1 − ρ) g,  σ² = v − a².
///                              [centered_rmsprop.v] [centered_rmsprop.a] [centered_rmsprop.variance]
///                              [centered_rmsprop.b] [centered_rmsprop.theta]
template <any_tensor X>
void step(const centered_rmsprop& o, std::uint64_t, X& theta, const X& g, X& v, X& a, X& b) {
    v = o.rho * v + (1 - o.rho) * xt::square(g);
    a = o.rho * a + (1 - o.rho) * g;
    const X variance = xt::maximum(v - xt::square(a), scalar_of<X>(0));
    rmsprop_step(o, theta, g, variance, b);
}

/// Algorithm 1 of "Adam", with its divisions by 1 − βᵗ.        [adam.m] [adam.v] [adam.m_hat] [adam.v_hat] [adam.theta]
/// Keras uses the form at the end of section 2: αₜ = α √(1 − β₂ᵗ) / (1 − β₁ᵗ),  θ ← θ − αₜ m / (√v + ε̂).
///                                                                                                   [adam.epsilon_hat]
template <any_tensor X>
void step(const adam& o, std::uint64_t t, X& theta, const X& g, X& m, X& v) {
    const double left1 = 1 - std::pow(o.beta1, t), left2 = 1 - std::pow(o.beta2, t);
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const X m_hat = m / left1;
    const X v_hat = v / left2;
    if (o.form == adam::keras)
        theta = theta - o.learning_rate * std::sqrt(left2) / left1 * m / (xt::sqrt(v) + o.epsilon);
    else
        theta = theta - o.learning_rate * m_hat / (xt::sqrt(v_hat) + o.epsilon);
}
/// Adam's step; the optimizer applies the decay, −αλθ.                                                    [adamw.theta]
template <any_tensor X>
void step(const adamw& o, std::uint64_t t, X& theta, const X& g, X& m, X& v) {
    step(adam{o.learning_rate, o.beta1, o.beta2, o.epsilon}, t, theta, g, m, v);
}

/// The forms of PyTorch, of the paper and of Optax.
///                   [amsgrad.m] [amsgrad.v] [amsgrad.u] [amsgrad.theta] [amsgrad.theta_paper] [amsgrad.u_corrected]
template <any_tensor X>
void step(const amsgrad& o, std::uint64_t t, X& theta, const X& g, X& m, X& v, X& u) {
    const double left1 = 1 - std::pow(o.beta1, t), left2 = 1 - std::pow(o.beta2, t);
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    if (o.form == amsgrad::optax) {
        u = xt::maximum(u, v / left2);
        theta = theta - o.learning_rate * (m / left1) / (xt::sqrt(u) + o.epsilon);
    } else {
        u = xt::maximum(u, v);
        theta = o.form == amsgrad::paper ? X(theta - o.learning_rate * m / (xt::sqrt(u) + o.epsilon))
                                         : X(theta - o.learning_rate * (m / left1) / (xt::sqrt(u / left2) + o.epsilon));
    }
}

/// The product of all μ up to step t is computed anew in each step.
/// [nadam.mu] [nadam.mu_product] [nadam.m] [nadam.m_paper] [nadam.v] [nadam.m_hat] [nadam.v_hat] [nadam.theta]
template <any_tensor X>
void step(const nadam& o, std::uint64_t t, X& theta, const X& g, X& m, X& v) {
    const auto mu = [&](std::uint64_t i) { return o.beta1 * (1 - std::pow(0.96, static_cast<double>(i) * o.momentum_decay) / 2); };
    double product = 1;
    for (std::uint64_t i = 1; i <= t; ++i) product *= mu(i);
    const double keep = o.form == nadam::paper ? mu(t) : o.beta1;
    m = keep * m + (1 - keep) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const X m_hat = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product);
    const X v_hat = v / (1 - std::pow(o.beta2, t));
    theta = theta - o.learning_rate * m_hat / (xt::sqrt(v_hat) + o.epsilon);
}

/// Algorithm 2 of "Symbolic Discovery".                                                  [lion.c] [lion.theta] [lion.m]
template <any_tensor X>
void step(const lion& o, std::uint64_t, X& theta, const X& g, X& m) {
    const X c = o.beta1 * m + (1 - o.beta1) * g;
    theta = theta - o.learning_rate * xt::sign(c);
    m = o.beta2 * m + (1 - o.beta2) * g;
}

}  // namespace gradus::reference
