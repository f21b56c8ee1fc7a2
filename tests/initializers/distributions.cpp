#include "gradus/initializers/distributions.hpp"

#include "../support/message.hpp"
#include "moments.hpp"

namespace gr = gradus;

TEST_CASE("initializer.full: zeros, ones, and any other number") {
    CHECK(gr::zeros{}(7, 5, {2, 3}) == 0);
    CHECK(gr::ones{}(7, 5, {2, 3}) == 1);
    CHECK(gr::full{0.1}(7, 5, {2, 3}) == 0.1);
}
TEST_CASE("initializer.uniform: between low and high, whatever the fan") {
    fills(of(gr::uniform{}, {2, 3}), -0.05, 0.05);
    fills(of(gr::uniform{3, 5}, {2, 3}), 3, 5);
    CHECK(gr::uniform{0, 1}(7, 5, {2, 3}) == gr::random::uniform(7, 5));
    CHECK(gr::uniform{-2, 6}(7, 5, {200, 300}) == 8 * gr::random::uniform(7, 5) - 2);  // no rounding: powers of 2
    CHECK(gr::uniform{4, 4}(7, 5, {2, 3}) == 4);
}
TEST_CASE("initializer.normal: mean and deviation as asked for, whatever the fan") {
    has(of(gr::normal{0, 0.1}, {2, 3}), 0, 0.1);
    has(of(gr::normal{-1, 2}, {2, 3}), -1, 2);
    CHECK(gr::normal{0, 0.1}(7, 5, {2, 3}) == gr::normal{0, 0.1}(7, 5, {200, 300}));
    CHECK(gr::normal{1, 0}(7, 5, {2, 3}) == 1);
}
TEST_CASE("initializer.truncated_normal: within two deviations, of which 0.88 are left") {
    // The deviation of N(0, 1) within ±2 is √(1 − 4 φ(2) / (2 Φ(2) − 1)) = √(1 − 0.2159639 / 0.9544997).
    const auto m = of(gr::truncated_normal{1, 0.5}, {2, 3});
    has(m, 1, 0.5 * 0.8796257);
    CHECK(m.low >= 0);
    CHECK(m.high <= 2);
    CHECK(m.low < 0.001);
    CHECK(m.high > 1.999);
    CHECK(gr::truncated_normal{3, 0}(7, 5, {2, 3}) == 3);
}
TEST_CASE("initializer.truncated_normal: the quantiles of what is left of the normal") {
    // Φ(z) = Φ(−2) + u (Φ(2) − Φ(−2)) for the u that a uniform draw at the same place is.
    const auto Phi = [](double z) { return std::erfc(-z / std::sqrt(2)) / 2; };
    for (std::size_t i = 0; i < 100; ++i) {
        const double z = gr::truncated_normal{0, 1}(7, i, {}), u = gr::random::uniform(7, i);
        CHECK(Phi(z) == doctest::Approx(Phi(-2) + u * (Phi(2) - Phi(-2))).epsilon(1e-8));
    }
}
TEST_CASE("initializer: what no distribution has is refused, with the number") {
    const auto refused = [](auto how) { return support::message_of([&] { gr::initializer{how}; }); };
    CHECK(refused(gr::normal{0, -1}) == "normal: needs a finite deviation ≥ 0, got -1");
    CHECK(refused(gr::normal{0, NAN}) == "normal: needs a finite deviation ≥ 0, got nan");
    CHECK(refused(gr::truncated_normal{0, -0.5}) == "truncated_normal: needs a finite deviation ≥ 0, got -0.5");
    CHECK(refused(gr::normal{NAN, 1}) == "normal: needs a finite mean, got nan");
    CHECK(refused(gr::truncated_normal{0, INFINITY}) == "truncated_normal: needs a finite deviation ≥ 0, got inf");
    CHECK(refused(gr::uniform{0, INFINITY}) == "uniform: needs finite low ≤ high, got 0 and inf");
    CHECK(refused(gr::uniform{1, 0.5}) == "uniform: needs finite low ≤ high, got 1 and 0.5");
    CHECK(refused(gr::uniform{1, 1}) == "(no error)");
    CHECK(support::message_of([] { gr::initializer(gr::zeros{}, gr::normal{0, -2}); }) ==
          "normal: needs a finite deviation ≥ 0, got -2");
}
TEST_CASE("initializer: distributions draw the same numbers for ever") {
    CHECK(gr::uniform{}(7, 5, {}) == -0x1.0c4e285dd537ap-6);
    CHECK(gr::normal{0, 1}(7, 5, {}) == -0x1.b0e4f14ed7d19p-2);
    CHECK(gr::truncated_normal{0, 1}(7, 5, {}) == -0x1.9c11c59e333c3p-2);
}
