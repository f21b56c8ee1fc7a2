#pragma once
/// \file
/// Initializers that do not depend on the size of a layer.

#include <algorithm>
#include <cmath>

#include "gradus/base/compiled.hpp"
#include "gradus/initializers/initializer.hpp"

namespace gradus {

namespace initializing {

[[gnu::noinline]] inline void need(bool condition, std::initializer_list<piece> otherwise) {
    if (!condition) throw error(message(otherwise));
}

inline void need_deviation(std::string_view who, double mean, double deviation) {
    need(deviation >= 0 && std::isfinite(deviation), {who, ": needs a finite deviation ≥ 0, got ", number_text(deviation)});
    need(std::isfinite(mean), {who, ": needs a finite mean, got ", number_text(mean)});
}

/// N(0, 1) truncated to two deviations: the quantile of p in [Φ(−2), Φ(2)). Needs one draw, without rejection.
[[nodiscard]] inline double within_two(std::uint64_t key, std::uint64_t i) {
    constexpr double below = 0.022750131948179207;  // Φ(−2)
    const double p = below + random::product(1 - 2 * below, random::uniform(key, i));
    return std::clamp(random::normal_quantile(p), -2.0, 2.0);  // the quantile has rounding errors
}

/// The standard deviation after this truncation: √(1 − 4 φ(2) / (Φ(2) − Φ(−2))).
inline constexpr double deviation_within_two = 0.87962566103423978;

}  // namespace initializing

/// U[low, high).                                                                                  [initializer.uniform]
struct uniform {
    double low = -0.05, high = 0.05;

    double operator()(std::uint64_t key, std::uint64_t i, fan) const {
        return low + random::product(high - low, random::uniform(key, i));
    }
    /// \throws error if low > high, or one is not finite.
    void check() const {
        initializing::need(low <= high && std::isfinite(high - low),
                           {"uniform: needs finite low ≤ high, got ", number_text(low), " and ", number_text(high)});
    }
};

/// N(mean, deviation²).                                                                            [initializer.normal]
/// Source: documents/000, 4.1 (`tf.random_normal(..., stddev=0.1)`).
struct normal {
    double mean = 0, deviation = 0.05;

    double operator()(std::uint64_t key, std::uint64_t i, fan) const {
        return mean + random::product(deviation, random::normal(key, i));
    }
    /// \throws error if deviation < 0, or one is not finite.
    void check() const {
        initializing::need_deviation("normal", mean, deviation);
    }
};

/// N(mean, deviation²) truncated at mean ± 2 deviations.                                 [initializer.truncated_normal]
/// The standard deviation of the result is 0.88 times `deviation`.
/// Source: Keras's and TensorFlow's `TruncatedNormal`. PyTorch's `trunc_normal_` truncates at a = −2 and b = 2 instead,
/// whatever the deviation; with `a=mean - 2 * std, b=mean + 2 * std` it is the same.
struct truncated_normal {
    double mean = 0, deviation = 0.05;

    double operator()(std::uint64_t key, std::uint64_t i, fan) const {
        return mean + random::product(deviation, initializing::within_two(key, i));
    }
    /// \throws error if deviation < 0, or one is not finite.
    void check() const {
        initializing::need_deviation("truncated_normal", mean, deviation);
    }
};

GRADUS_INITIALIZER(uniform)
GRADUS_INITIALIZER(normal)
GRADUS_INITIALIZER(truncated_normal)

}  // namespace gradus
