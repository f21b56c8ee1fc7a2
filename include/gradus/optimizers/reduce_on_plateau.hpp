#pragma once
/// \file
/// The only schedule that depends on the progress of training, and so has a state.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "gradus/base/compiled.hpp"
#include "gradus/optimizers/schedule.hpp"

namespace gradus::schedule {

/// Whether the watched value should decrease (a loss) or increase (an accuracy).
enum class goal { fall, rise };

/// The unit of the improvement threshold.
enum class margin {
    relative,  ///< relative to the best value so far
    absolute
};

/// Reduces the learning rate when the watched value has stopped improving: call it once per epoch.
/// ```cpp
/// gr::schedule::reduce_on_plateau rate{.learning_rate = 0.1, .patience = 3};
/// descend.options.learning_rate = rate(validation_loss);
/// ```
///   better: watched < best (1 − threshold), or best − threshold; > and + if it should increase
///   α ← max(γ α, minimum) after more than `patience` calls in a row without one           [schedule.reduce_on_plateau]
///
/// As PyTorch's `ReduceLROnPlateau`, with its order of counting and its defaults: calls during the cool-down do not
/// count as bad, a reduction by at most `epsilon` is omitted, and NaN is not an improvement. As there, for a watched
/// value below 0 a relative threshold accepts values worse than the best so far: use an absolute one.
///
/// A value: its members are the state that a resumed run needs.
struct reduce_on_plateau {
    double learning_rate = 0.1;     ///< α, the current rate
    double factor = 0.1;            ///< γ
    std::uint64_t patience = 10;    ///< bad calls in a row without a reduction
    double threshold = 1e-4;        ///< the least improvement
    margin by = margin::relative;
    goal watched_should = goal::fall;
    std::uint64_t cooldown = 0;     ///< calls after a reduction that do not count as bad
    double minimum = 0;             ///< of α
    double epsilon = 1e-8;          ///< the least reduction

    struct state {
        bool begun = false;
        double best = 0;            ///< so far
        std::uint64_t bad = 0;      ///< calls in a row without an improvement
        std::uint64_t cooling = 0;  ///< remaining calls of the cool-down
    } now = {};

    /// Records `watched` and returns α.
    double operator()(double watched) {
        check();
        if (better(watched))
            now.begun = true, now.best = watched, now.bad = 0;
        else
            ++now.bad;
        if (now.cooling > 0) --now.cooling, now.bad = 0;
        if (now.bad > patience) {
            const double reduced = std::max(factor * learning_rate, minimum);
            if (learning_rate - reduced > epsilon) learning_rate = reduced;
            now.cooling = cooldown, now.bad = 0;
        }
        return learning_rate;
    }

  private:
    GRADUS_ONCE [[nodiscard]] bool better(double watched) const;
    GRADUS_ONCE void check() const;
};

#if GRADUS_BODIES_OF(optimizers)

GRADUS_BODY bool reduce_on_plateau::better(double watched) const {
    const double worst = std::numeric_limits<double>::infinity(), sign = watched_should == goal::fall ? 1 : -1;
    if (!now.begun) return sign * watched < worst;
    const double asked = by == margin::relative ? now.best * (1 - sign * threshold) : now.best - sign * threshold;
    return sign * watched < sign * asked;
}

GRADUS_BODY void reduce_on_plateau::check() const {
    require_rate("reduce_on_plateau", learning_rate);
    require_factor("reduce_on_plateau", factor);
    require(threshold >= 0, "reduce_on_plateau", "threshold must be at least 0", threshold);
    require_rate("reduce_on_plateau", minimum, "minimum must be finite and at least 0");
    require(epsilon >= 0, "reduce_on_plateau", "epsilon must be at least 0", epsilon);
}

#endif

}  // namespace gradus::schedule
