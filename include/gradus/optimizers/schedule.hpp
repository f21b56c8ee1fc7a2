#pragma once
/// \file
/// Learning rate schedules. A schedule depends only on t, the number of steps (or epochs, whatever the caller counts)
/// taken so far, from 0:
/// ```cpp
/// const gr::schedule::cosine rate{.learning_rate = 0.1, .steps = 1000};
/// descend.options.learning_rate = rate(descend.t);
/// descend(net, grad);
/// ```
/// All have closed forms. PyTorch computes most of them from the previous rate (`reference/schedule.hpp` shows how), so
/// that a run has to pass through every t. α(t) does not depend on the past, so a run resumed at t continues as if it
/// had never stopped. Invalid options throw a data_error with schedule, field and value, at the first call.
/// Complexity: O(1), no allocation.

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string_view>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"

namespace gradus {

/// A learning rate for each step or epoch, counted from 0: a schedule of this file, or a lambda.
template <class S>
concept rate_schedule = requires(const S& s, std::uint64_t t) {
    { s(t) } -> std::convertible_to<double>;
};

namespace schedule {

/// \throws data_error "cosine schedule: steps must be at least 1, got 0" unless it holds.
[[gnu::noinline]] inline void require(bool holds, std::string_view schedule, std::string_view must, double got) {
    if (!holds) throw data_error(message({schedule, " schedule: ", must, ", got ", number_text(got)}));
}
/// Checks that a learning rate is finite and not negative.
inline void require_rate(std::string_view schedule, double rate,
                         std::string_view must = "learning_rate must be finite and at least 0") {
    require(rate >= 0 && rate < std::numeric_limits<double>::infinity(), schedule, must, rate);
}
/// Checks that a factor is in (0, 1).
inline void require_factor(std::string_view schedule, double factor) {
    require(factor > 0 && factor < 1, schedule, "factor must lie between 0 and 1", factor);
}

/// α(t) = α₀.                                                                                       [schedule.constant]
struct constant {
    double learning_rate = 0.01;

    [[nodiscard]] double operator()(std::uint64_t) const {
        require_rate("constant", learning_rate);
        return learning_rate;
    }
};

/// α(t) = α₀ γ^⌊t / every⌋.                                                                             [schedule.step]
/// PyTorch's `StepLR`.
struct step {
    double learning_rate = 0.1;  ///< α₀
    std::uint64_t every = 30;
    double factor = 0.1;         ///< γ

    [[nodiscard]] double operator()(std::uint64_t t) const {
        require_rate("step", learning_rate);
        require(every > 0, "step", "every must be at least 1", 0);
        require_factor("step", factor);
        return learning_rate * std::pow(factor, static_cast<double>(t / every));
    }
};

/// α(t) = α₀ γᵗ.                                                                                 [schedule.exponential]
/// PyTorch's `ExponentialLR`.
struct exponential {
    double learning_rate = 0.1;  ///< α₀
    double factor = 0.95;        ///< γ

    [[nodiscard]] double operator()(std::uint64_t t) const {
        require_rate("exponential", learning_rate);
        require_factor("exponential", factor);
        return learning_rate * std::pow(factor, static_cast<double>(t));
    }
};

/// α(t) = α_end + (α₀ − α_end) (1 − min(t, T) / T)^p.                                             [schedule.polynomial]
/// PyTorch's `PolynomialLR`, which ends at 0; Keras's `PolynomialDecay`, which ends at `end`. p = 1: linear.
struct polynomial {
    double learning_rate = 0.1;  ///< α₀
    std::uint64_t steps = 0;     ///< T; required
    double power = 1;            ///< p
    double end = 0;              ///< α_end, the rate from T on

    [[nodiscard]] double operator()(std::uint64_t t) const {
        require_rate("polynomial", learning_rate);
        require_rate("polynomial", end, "end must be finite and at least 0");
        require(steps > 0, "polynomial", "steps must be at least 1", 0);
        require(power > 0, "polynomial", "power must be above 0", power);
        const double left = t < steps ? 1 - static_cast<double>(t) / static_cast<double>(steps) : 0;
        return end + (learning_rate - end) * std::pow(left, power);
    }
};

/// The rate of a cosine schedule after its T steps.
enum class after {
    climb,   ///< the cosine continues, up and down with period 2T: PyTorch's `CosineAnnealingLR`
    stay,    ///< stays at α_end: Keras's `CosineDecay`
    restart  ///< restarts at α₀: the paper's warm restarts, all of length T (PyTorch's `CosineAnnealingWarmRestarts`)
};

/// α(t) = α_end + ½ (α₀ − α_end) (1 + cos(π t / T)).                                                  [schedule.cosine]
/// PyTorch's `CosineAnnealingLR`. Source: Loshchilov and Hutter, "SGDR" (2017), equation 5, where t restarts at T.
struct cosine {
    double learning_rate = 0.1;     ///< α₀
    std::uint64_t steps = 0;        ///< T; required
    double end = 0;                 ///< α_end, reached at t = T
    after then = after::climb;      ///< matters only for runs longer than T

    [[nodiscard]] double operator()(std::uint64_t t) const {
        require_rate("cosine", learning_rate);
        require_rate("cosine", end, "end must be finite and at least 0");
        require(steps > 0, "cosine", "steps must be at least 1", 0);
        if (then == after::stay && t > steps) t = steps;
        if (then == after::restart) t %= steps;
        const double angle = std::numbers::pi * static_cast<double>(t) / static_cast<double>(steps);
        return end + (learning_rate - end) * (1 + std::cos(angle)) / 2;
    }
};

/// Linear warm-up, then any schedule, whose t is counted from the end of the warm-up:
///   α(t) = then(0) (from + (1 − from) t / T)  for t < T, else  then(t − T)                          [schedule.warm_up]
///
/// `gr::schedule::warm_up{500, gr::schedule::cosine{.learning_rate = 0.1, .steps = 9500}}`.
/// As PyTorch's `LinearLR`, whose `from` is also ⅓, followed by another schedule in `SequentialLR`.
/// Source: Goyal et al., "Accurate, Large Minibatch SGD" (2017), 2.2, where it begins at 1/k, with k workers.
template <rate_schedule Then>
struct warm_up {
    std::uint64_t steps = 0;  ///< T; 0: none
    Then then;
    double from = 1. / 3;     ///< the fraction of then(0) at t = 0; with 0 the first step has no effect

    [[nodiscard]] double operator()(std::uint64_t t) const {
        require(from >= 0 && from <= 1, "warm_up", "from must lie in [0, 1]", from);
        if (t >= steps) return then(t - steps);
        return then(0) * (from + (1 - from) * static_cast<double>(t) / static_cast<double>(steps));
    }
};
template <class Then>
warm_up(std::uint64_t, Then, double = 0) -> warm_up<Then>;

/// The interpolation of one_cycle from a to b, for p from 0 to 1.
enum class annealing {
    cosine,  ///< b + ½ (a − b) (1 + cos πp)
    linear   ///< a + (b − a) p
};

/// One cycle: the rate rises to α and falls to almost nothing, the momentum μ does the opposite. With n = steps:
///   t = 0 … rise·n − 1:   α / start_divisor → α,                       μ: high_momentum → low_momentum
///   … n − 1:              α → α / (start_divisor · end_divisor),       μ: low_momentum → high_momentum
///   α(t) = a + (b − a) p,  or  b + ½ (a − b) (1 + cos πp),  p = (t − t_a) / (t_b − t_a)           [schedule.one_cycle]
///   μ(t) likewise                                                                        [schedule.one_cycle.momentum]
///
/// With three phases the decrease takes as long as the increase and returns to the start value; the remaining steps go
/// on to the end value.
/// PyTorch's `OneCycleLR` with its defaults. Source: Smith and Topin, "Super-Convergence" (2018). The paper's form is
/// `{.rise = 0.45, .shape = annealing::linear, .three_phases = true}`. After n − 1 the end value stays; PyTorch throws.
struct one_cycle {
    double learning_rate = 0.1;   ///< α, the highest rate
    std::uint64_t steps = 0;      ///< n; required
    double rise = 0.3;            ///< fraction of the steps; with three phases at most ½
    annealing shape = annealing::cosine;
    double start_divisor = 25;
    double end_divisor = 1e4;
    double low_momentum = 0.85;   ///< at the highest rate
    double high_momentum = 0.95;
    bool three_phases = false;

    /// α(t).
    [[nodiscard]] double operator()(std::uint64_t t) const {
        const double start = learning_rate / start_divisor;
        return along(t, start, learning_rate, start, start / end_divisor);
    }
    /// μ(t): `descend.options.momentum` of SGD, `beta1` of Adam.
    [[nodiscard]] double momentum(std::uint64_t t) const {
        return along(t, high_momentum, low_momentum, high_momentum, high_momentum);
    }

  private:
    /// From `start` to `top`, with three phases to `back`, to `end`.
    GRADUS_ONCE [[nodiscard]] double along(std::uint64_t t, double start, double top, double back, double end) const;
    [[nodiscard]] double between(double a, double b, double p) const {
        if (shape == annealing::linear) return a + (b - a) * p;
        return b + (a - b) / 2 * (1 + std::cos(std::numbers::pi * p));
    }
    GRADUS_ONCE void check() const;
};

#if GRADUS_BODIES_OF(optimizers)

GRADUS_BODY double one_cycle::along(std::uint64_t t, double start, double top, double back, double end) const {
    check();
    const double n = static_cast<double>(steps), last = n - 1, now = t < steps ? static_cast<double>(t) : last;
    const double at_top = rise * n - 1, at_back = 2 * at_top;
    if (now <= at_top) return between(start, top, now / at_top);
    if (!three_phases) return between(top, end, (now - at_top) / (last - at_top));
    if (now <= at_back) return between(top, back, (now - at_top) / (at_back - at_top));
    return between(back, end, (now - at_back) / (last - at_back));
}

GRADUS_BODY void one_cycle::check() const {
    const double rising = rise * static_cast<double>(steps);
    require_rate("one_cycle", learning_rate);
    require(steps > 0, "one_cycle", "steps must be at least 1", 0);
    if (three_phases)
        require(rise > 0 && rise <= 0.5, "one_cycle", "rise of three phases must lie in (0, 0.5]", rise);
    else
        require(rise > 0 && rise < 1, "one_cycle", "rise must lie between 0 and 1", rise);
    require(rising > 1, "one_cycle", "rise * steps must be above 1", rising);
    require(start_divisor > 0, "one_cycle", "start_divisor must be above 0", start_divisor);
    require(end_divisor > 0, "one_cycle", "end_divisor must be above 0", end_divisor);
    const double low = low_momentum, high = high_momentum;
    require(low >= 0 && low < 1, "one_cycle", "low_momentum must lie in [0, 1)", low);
    require(high >= 0 && high < 1, "one_cycle", "high_momentum must lie in [0, 1)", high);
}

#endif

}  // namespace schedule
}  // namespace gradus
