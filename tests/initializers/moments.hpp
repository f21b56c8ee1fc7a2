#pragma once
/// \file
/// Mean, deviation and ends of many draws.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "gradus/initializers/initializer.hpp"

inline constexpr std::size_t draws = 40000;

struct moments {
    double mean = 0, deviation = 0, low = 0, high = 0;
};

template <class Init>
moments of(const Init& init, gradus::fan f, std::uint64_t key = 7) {
    moments m{.low = HUGE_VAL, .high = -HUGE_VAL};
    double squares = 0;
    for (std::size_t i = 0; i < draws; ++i) {
        const double x = init(key, i, f);
        m.mean += x / draws;
        squares += x * x / draws;
        m.low = std::min(m.low, x);
        m.high = std::max(m.high, x);
    }
    m.deviation = std::sqrt(squares - m.mean * m.mean);
    return m;
}

/// Four standard errors of the mean, and 2 % of the deviation (its standard error is 0.35 %, at most).
inline void has(const moments& m, double mean, double deviation) {
    CHECK(std::abs(m.mean - mean) <= 4 * deviation / std::sqrt(draws));
    CHECK(m.deviation == doctest::Approx(deviation).epsilon(0.02));
}

/// Within [low, high], and near to both ends.
inline void fills(const moments& m, double low, double high) {
    has(m, (low + high) / 2, (high - low) / std::sqrt(12));
    const double edge = 0.0005 * (high - low);
    CHECK(m.low >= low);
    CHECK(m.high <= high);
    CHECK(m.low < low + edge);
    CHECK(m.high > high - edge);
}
