#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gradus/base/compiled.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/parameters.hpp"
#include "gradus/optimizers/hyper_parameter.hpp"

namespace gradus {

struct moving_average_options {
    double beta = 0.999;   ///< the weight of the old average in each step
    bool warm_up = false;  ///< a smaller weight in the first steps, whose parameters are far from the final ones
};

namespace detail {

/// θ̄ ← β θ̄ + (1 − β) θ for tensors; statistics are copied.
/// \throws shape_error if the network has other sizes.
GRADUS_ONCE void take_in(parameter_list& average, const parameter_list& theta, double beta);
GRADUS_ONCE void exchange(parameter_ref& a, parameter_ref& b);

#if GRADUS_BODIES_OF(optimizers)

GRADUS_BODY void take_in(parameter_list& average, const parameter_list& theta, double beta) {
    require_same_shapes(theta, average);
    for (std::size_t k = 0; k < theta.size(); ++k) {
        if (!theta[k].is_tensor()) theta[k].its->copy(average[k].object, theta[k].object);
        with_scalar(theta[k].values.type(), [&]<class T>(T) {
            // θ̄ + (1 − β)(θ − θ̄), equal except for rounding: a constant parameter stays exactly the same
            const auto step = [a = static_cast<T>(1 - beta)](auto& m, const auto& x) {
                m += a * (x - m);  // θ̄ ← β θ̄ + (1 − β) θ
            };
            kernels::update(theta[k].values.size(), step, average[k].values.as<T>().data(), theta[k].values.as<T>().data());
        });
    }
}

GRADUS_BODY void exchange(parameter_ref& a, parameter_ref& b) {
    if (!a.is_tensor()) return a.its->swap(a.object, b.object);
    auto* const bytes = static_cast<std::byte*>(a.values.data());
    std::swap_ranges(bytes, bytes + a.values.bytes(), static_cast<std::byte*>(b.values.data()));
}

#endif

}  // namespace detail

/// Exponential moving average of a network's parameters: it varies less than the last parameters and is often better.
///   θ̄ ← β θ̄ + (1 − β) θ                            [moving_average]
///   βₜ = min(β, (1 + t) / (10 + t))                [moving_average.warm_up]
/// Initially the parameters of the network. Batch statistics are copied from the network, not averaged.
/// ```cpp
/// gr::moving_average average(net, {.beta = 0.99});
/// for (...) { ...; descend(net, grad); average(net); }
/// average.swap(net);                                  // evaluate with θ̄; swap again to continue training
/// ```
/// Source: Polyak and Juditsky (1992) for averages; β and the warm-up as TensorFlow's `ExponentialMovingAverage`, whose
/// num_updates is t, the steps taken.
/// Complexity: one pass per step, which reads two numbers and writes one per parameter; no allocation.
template <class Net>
class moving_average {
  public:
    moving_average_options options;
    std::uint64_t t = 0;        ///< steps averaged
    parameters_of<Net> values;  ///< θ̄

    /// \throws data_error if β is not in [0, 1), here or in a step.
    explicit moving_average(const Net& net, moving_average_options o = {}) : options(o) {
        check();
        shape_parameters(net, values);
        detail::assign(parameter_list(values), parameter_list(net));
    }

    /// Adds the parameters of one more step to the average.
    /// \throws shape_error if the network has other sizes.
    void operator()(const Net& net) {
        check();
        parameter_list average(values);
        detail::take_in(average, parameter_list(net), rate(++t));
    }

    /// βₜ, the weight of the old average in step t.
    [[nodiscard]] double rate(std::uint64_t step) const {
        const auto s = static_cast<double>(step);
        return options.warm_up ? std::min(options.beta, (1 + s) / (10 + s)) : options.beta;  // min(β, (1 + t) / (10 + t))
    }

    /// Copies θ̄ into a network.
    /// \throws shape_error if the network has other sizes.
    void apply_to(Net& net) const {
        detail::assign(parameter_list(net), parameter_list(values));
    }
    /// Exchanges θ and θ̄.
    /// \throws shape_error if the network has other sizes.
    void swap(Net& net) {
        parameter_list theta(net), average(values);
        require_same_shapes(theta, average);
        for (std::size_t k = 0; k < theta.size(); ++k) detail::exchange(theta[k], average[k]);
    }

  private:
    void check() const { require("moving_average", {{"beta", options.beta, 1}}); }
};

}  // namespace gradus
