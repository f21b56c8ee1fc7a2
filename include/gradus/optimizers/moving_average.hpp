#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gradus/core/parameters.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/optimizers/hyper_parameter.hpp"

namespace gradus {

struct moving_average_options {
    double beta = 0.999;   ///< how much of the average each step keeps
    bool warm_up = false;  ///< keeps less in the first steps, which are far from where training ends
};

/// Exponential moving average of a network's parameters: smoother than the last step's, and often better.
///   θ̄ ← β θ̄ + (1 − β) θ                            [moving_average]
///   βₜ = min(β, (1 + t) / (10 + t))                [moving_average.warm_up]
/// Begins as the network that it is made from. Statistics of batches are the network's own, copied.
/// ```cpp
/// gr::moving_average average(net, {.beta = 0.99});
/// for (...) { ...; descend(net, grad); average(net); }
/// average.swap(net);                                  // judge with θ̄; swap again to go on training
/// ```
/// Source: Polyak and Juditsky (1992) for averages; β and the warm-up as TensorFlow's `ExponentialMovingAverage`, whose
/// num_updates is t, the steps taken.
/// Complexity: one pass per step, which reads two numbers and writes one per parameter; no allocation.
template <class Net>
class moving_average {
  public:
    moving_average_options options;
    std::uint64_t t = 0;        ///< steps taken in
    parameters_of<Net> values;  ///< θ̄

    /// \throws data_error where β is not in [0, 1), here or in a step.
    explicit moving_average(const Net& net, moving_average_options o = {}) : options(o) {
        check();
        each_leaf([](const entry&, const auto& theta, auto& average) { average = theta; }, net, values);
    }

    /// Takes in the parameters of one more step.
    /// \throws shape_error where the network has other sizes.
    void operator()(const Net& net) {
        check();
        const double beta = rate(++t);
        each_leaf(
            [beta]<class P>(const entry& e, const P& theta, P& average) {
                if constexpr (any_tensor<P>) {
                    require_same_shape(e, theta, average);
                    using T = scalar_of<P>;
                    // θ̄ + (1 − β)(θ − θ̄), the same but for rounding: what does not move stays exactly as it is
                    kernels::update(
                        theta.size(),
                        [a = static_cast<T>(1 - beta)](auto& m, const auto& x) { m += a * (x - m); },  // θ̄ ← β θ̄ + (1 − β) θ
                        average.data(), theta.data());
                } else {
                    average = theta;
                }
            },
            net, values);
    }

    /// βₜ, what the t-th step keeps.
    [[nodiscard]] double rate(std::uint64_t step) const {
        const auto s = static_cast<double>(step);
        return options.warm_up ? std::min(options.beta, (1 + s) / (10 + s)) : options.beta;  // min(β, (1 + t) / (10 + t))
    }

    /// Puts θ̄ into a network.
    /// \throws shape_error where the network has other sizes.
    void apply_to(Net& net) const {
        match(net);
        each_leaf([](const entry&, auto& theta, const auto& average) { theta = average; }, net, values);
    }
    /// Exchanges θ and θ̄.
    /// \throws shape_error where the network has other sizes.
    void swap(Net& net) {
        match(net);
        each_leaf([](const entry&, auto& theta, auto& average) { std::swap(theta, average); }, net, values);
    }

  private:
    void check() const { require("moving_average", {{"beta", options.beta, 1}}); }
    void match(const Net& net) const {
        each([](const entry& e, const auto& theta, const auto& average) { require_same_shape(e, theta, average); }, net, values);
    }
};

}  // namespace gradus
