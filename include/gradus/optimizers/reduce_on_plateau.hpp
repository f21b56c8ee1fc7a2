#pragma once
/// \file
/// The one learning rate that depends on how training goes, and so has a state.

#include <algorithm>
#include <cstdint>
#include <limits>

#include "gradus/base/compiled.hpp"
#include "gradus/optimizers/schedule.hpp"

namespace gradus::schedule {

/// Whether the watched number should fall (a loss) or rise (an accuracy).
enum class goal { fall, rise };

/// What the threshold of an improvement is measured by.
enum class margin {
    relative,  ///< a share of the best so far
    absolute
};

/// Reduces the rate where the watched number has not improved for a while: call it once an epoch.
/// ```cpp
/// gr::schedule::reduce_on_plateau rate{.learning_rate = 0.1, .patience = 3};
/// descend.options.learning_rate = rate(validation_loss);
/// ```
///   better: watched < best (1 − threshold), or best − threshold; > and + where it should rise
///   α ← max(γ α, minimum) after more than `patience` calls in a row without one           [schedule.reduce_on_plateau]
///
/// PyTorch's `ReduceLROnPlateau`, its order of counting and its defaults: the calls of a cool-down are not counted as
/// bad, a reduction by no more than `epsilon` is left out, and NaN is no improvement. Of a watched number below 0 a
/// relative threshold asks for less than the best so far, as it does there: take an absolute one for such.
///
/// A value: what a resumed run needs are its members.
struct reduce_on_plateau {
    double learning_rate = 0.1;     ///< α, as it is now
    double factor = 0.1;            ///< γ
    std::uint64_t patience = 10;    ///< bad calls in a row that are forgiven
    double threshold = 1e-4;        ///< of an improvement
    margin by = margin::relative;
    goal watched_should = goal::fall;
    std::uint64_t cooldown = 0;     ///< calls after a reduction that are not counted
    double minimum = 0;             ///< of α
    double epsilon = 1e-8;          ///< the least reduction

    struct state {
        bool begun = false;
        double best = 0;            ///< so far
        std::uint64_t bad = 0;      ///< calls in a row that were no better
        std::uint64_t cooling = 0;  ///< calls of the cool-down that are left
    } now = {};

    /// Takes note of `watched` and returns α.
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
