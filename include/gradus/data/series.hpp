#pragma once
/// \file
/// Synthetic series: a noisy sine, and monthly numbers with growth and a yearly season. `windows` (sequences.hpp) cuts
/// them into samples. The noise at step t depends only on the seed and t.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>

#include "gradus/base/error.hpp"
#include "gradus/base/random.hpp"
#include "gradus/data/synthetic.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

struct noisy_sine_options {
    std::size_t steps = 1000;
    double period = 25;  ///< in steps
    double amplitude = 1, phase = 0;
    double noise = 0.1;  ///< standard deviation of the noise
    std::uint64_t seed = 0;
};

/// \throws data_error naming the series, the option and its value.
inline void check_series(std::string_view series, std::string_view unit, std::size_t steps, double noise) {
    if (steps == 0) throw data_error(message({series, ": 0 ", unit, ": one is the least"}));
    check_draws(series, 1, 1, noise);
}

/// s_t = a sin(2πt / period + phase) + noise z_t, z ~ N(0, 1).                                             [noisy_sine]
///   s (steps)     The best possible forecast has the mean squared error noise².
/// \throws data_error for no steps, a period that is not above 0, noise < 0, or a value that is not finite.
template <class T = float>
[[nodiscard]] tensor<T, 1> noisy_sine(const noisy_sine_options& o = {}) {
    check_series("noisy_sine", "steps", o.steps, o.noise);
    check_finite("noisy_sine", "amplitude", o.amplitude), check_finite("noisy_sine", "phase", o.phase);
    if (!(o.period > 0 && std::isfinite(o.period)))
        throw data_error(message({"noisy_sine: the period must be above 0, got ", number_text(o.period)}));
    const std::uint64_t key = random::mix(o.seed, "noisy_sine");
    auto s = tensor<T, 1>::from_shape({o.steps});
    for (std::size_t t = 0; t < o.steps; ++t) {
        const double angle = 2 * std::numbers::pi * static_cast<double>(t) / o.period + o.phase;
        s(t) = static_cast<T>(o.amplitude * std::sin(angle) + o.noise * random::normal(key, t));
    }
    return s;
}

struct airline_options {
    std::size_t months = 144;
    double level = 100;   ///< of the first month, without the season
    double growth = 0.1;  ///< relative growth per year
    double swing = 0.25;  ///< relative excess of the best month over the mean
    double noise = 0.03;  ///< standard deviation of the logarithm
    std::uint64_t seed = 0;
};

/// Deviation of each month from the mean, January first, relative to that of the best month. The sum is 0.
inline constexpr std::array<double, 12> airline_season = {-0.5, -0.6, 0, -0.1, -0.1, 0.5, 1, 0.95, 0.25, -0.35, -0.8, -0.25};

/// Passengers per month: growth × season × noise, with z ~ N(0, 1) and q the season above.
///   s_t = level (1 + growth)^(t / 12) (1 + swing q[t mod 12]) e^(noise z_t)                                  [airline]
///   s (months)
/// It imitates the shape of Box and Jenkins's "international airline passengers" ("Time series analysis", 1970, series
/// G) and uses none of its data. \throws data_error for no month, level ≤ 0, growth ≤ −1, swing outside [0, 1),
/// noise < 0.
template <class T = float>
[[nodiscard]] tensor<T, 1> airline(const airline_options& o = {}) {
    check_series("airline", "months", o.months, o.noise);
    check_finite("airline", "level", o.level), check_finite("airline", "growth", o.growth);
    if (!(o.level > 0 && o.growth > -1 && o.swing >= 0 && o.swing < 1))
        throw data_error(message({"airline: level ", number_text(o.level), ", growth ", number_text(o.growth), ", swing ",
                                  number_text(o.swing), ": level > 0, growth > -1 and swing in [0, 1) are needed"}));
    const std::uint64_t key = random::mix(o.seed, "airline");
    auto s = tensor<T, 1>::from_shape({o.months});
    for (std::size_t t = 0; t < o.months; ++t) {
        const double trend = o.level * std::pow(1 + o.growth, static_cast<double>(t) / 12);
        const double season = 1 + o.swing * airline_season[t % 12];
        s(t) = static_cast<T>(trend * season * std::exp(o.noise * random::normal(key, t)));
    }
    return s;
}

}  // namespace gradus::data
