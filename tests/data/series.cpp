#include "gradus/data/series.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <numeric>

#include "../support/close.hpp"
#include "../support/message.hpp"
#include "gradus/data/sequences.hpp"

namespace gr = gradus;
using support::message_of;
constexpr double pi = std::numbers::pi;

TEST_CASE("noisy_sine: by hand without noise, and what noise adds") {
    const auto s = gr::data::noisy_sine<double>({.steps = 5, .period = 4, .amplitude = 2, .noise = 0});
    CHECK(support::difference(s, gr::tensor<double, 1>{0, 2, 0, -2, 0}) < 1e-15);
    CHECK(gr::data::noisy_sine<double>({.steps = 1, .phase = pi / 2, .noise = 0})(0) == 1);
    const auto exact = gr::data::noisy_sine<double>({.steps = 20000, .noise = 0});
    const auto noisy = gr::data::noisy_sine<double>({.steps = 20000, .noise = 0.2});
    double sum = 0, squares = 0, neighbours = 0, before = 0;
    for (std::size_t t = 0; t < 20000; ++t) {
        const double z = noisy(t) - exact(t);
        sum += z, squares += z * z, neighbours += z * before, before = z;
    }
    CHECK(std::abs(sum / 20000) < 4 * 0.2 / std::sqrt(20000.0));
    CHECK(std::abs(std::sqrt(squares / 20000) - 0.2) < 4 * 0.2 / 200);
    CHECK(std::abs(neighbours / squares) < 4 / std::sqrt(20000.0));  // of one step the noise tells nothing of the next
}

TEST_CASE("airline: by hand without noise, and what noise adds") {
    const double sum = std::accumulate(gr::data::airline_season.begin(), gr::data::airline_season.end(), 0.0);
    CHECK(std::abs(sum) < 1e-15);
    CHECK(*std::max_element(gr::data::airline_season.begin(), gr::data::airline_season.end()) == 1);
    const auto s = gr::data::airline<double>({.months = 36, .level = 200, .growth = 0.21, .swing = 0.5, .noise = 0});
    CHECK(s(0) == doctest::Approx(200 * 0.75).epsilon(1e-14));                         // January: 1 − 0.5 · 0.5
    CHECK(s(6) == doctest::Approx(200 * 1.1 * 1.5).epsilon(1e-14));                    // July: half a year's growth, √1.21
    CHECK(s(24) == doctest::Approx(200 * 1.21 * 1.21 * 0.75).epsilon(1e-14));          // two years later
    const auto exact = gr::data::airline<double>({.months = 12000, .growth = 0, .noise = 0});
    const auto noisy = gr::data::airline<double>({.months = 12000, .growth = 0, .noise = 0.1});
    double squares = 0;
    for (std::size_t t = 0; t < 12000; ++t) squares += std::pow(std::log(noisy(t) / exact(t)), 2);
    CHECK(std::abs(std::sqrt(squares / 12000) - 0.1) < 4 * 0.1 / std::sqrt(2 * 12000.0));
}

TEST_CASE("noisy_sine, airline: keyed by the seed, whatever the length; in samples") {
    const auto few = gr::data::noisy_sine({.steps = 10, .seed = 1}), more = gr::data::noisy_sine({.steps = 20, .seed = 1});
    for (std::size_t t = 0; t < 10; ++t) CHECK(few(t) == more(t));
    CHECK(gr::data::noisy_sine({.seed = 1}) != gr::data::noisy_sine({.seed = 2}));
    const auto years = gr::data::airline({.months = 24, .seed = 1}), decades = gr::data::airline({.months = 240, .seed = 1});
    for (std::size_t t = 0; t < 24; ++t) CHECK(years(t) == decades(t));
    CHECK(gr::data::airline({.seed = 1}) != gr::data::airline({.seed = 2}));
    const auto data = gr::data::windows(gr::data::airline(), 12);
    CHECK(data.x.shape() == std::array<std::size_t, 3>{132, 12, 1});
}

TEST_CASE("noisy_sine, airline: options that make no series") {
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
    CHECK(message_of([] { (void)gr::data::noisy_sine({.steps = 0}); }) == "noisy_sine: 0 steps: one is the least");
    CHECK(message_of([] { (void)gr::data::noisy_sine({.period = 0}); }) ==
          "noisy_sine: the period must be above 0, got 0");
    CHECK(message_of([&] { (void)gr::data::noisy_sine({.period = infinite}); }) ==
          "noisy_sine: the period must be above 0, got inf");
    CHECK(message_of([&] { (void)gr::data::noisy_sine({.amplitude = nan}); }) ==
          "noisy_sine: .amplitude must be finite, got nan");
    CHECK(message_of([&] { (void)gr::data::noisy_sine({.phase = infinite}); }) ==
          "noisy_sine: .phase must be finite, got inf");
    CHECK(message_of([] { (void)gr::data::noisy_sine({.noise = -1}); }) ==
          "noisy_sine: a standard deviation must be 0 or more, got -1");
    CHECK(message_of([] { (void)gr::data::airline({.months = 0}); }) == "airline: 0 months: one is the least");
    CHECK(message_of([] { (void)gr::data::airline({.level = 0}); }) ==
          "airline: level 0, growth 0.1, swing 0.25: level > 0, growth > -1 and swing in [0, 1) are needed");
    CHECK(message_of([] { (void)gr::data::airline({.growth = -1}); }) ==
          "airline: level 100, growth -1, swing 0.25: level > 0, growth > -1 and swing in [0, 1) are needed");
    CHECK(message_of([&] { (void)gr::data::airline({.swing = nan}); }) ==
          "airline: level 100, growth 0.1, swing nan: level > 0, growth > -1 and swing in [0, 1) are needed");
    CHECK(message_of([&] { (void)gr::data::airline({.level = infinite}); }) == "airline: .level must be finite, got inf");
    CHECK(message_of([&] { (void)gr::data::airline({.growth = nan}); }) == "airline: .growth must be finite, got nan");
    CHECK(message_of([&] { (void)gr::data::airline({.noise = nan}); }) ==
          "airline: a standard deviation must be 0 or more, got nan");
}
