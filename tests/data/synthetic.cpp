#include "gradus/data/synthetic.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../support/close.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using support::message_of;
constexpr double pi = std::numbers::pi;

namespace {

/// Mean of the samples of class k, and their standard deviation around it, in feature d.
std::pair<double, double> moments_of(const gr::data::classified<double>& data, std::int32_t k, std::size_t d) {
    double n = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < data.size(); ++i)
        if (data.y(i) == k) n += 1, sum += data.x(i, d), squares += data.x(i, d) * data.x(i, d);
    return {sum / n, std::sqrt(squares / n - sum * sum / n / n)};
}

}  // namespace

TEST_CASE("xor_gate: the truth table") {
    const auto data = gr::data::xor_gate();
    CHECK(data.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(data.y(i, 0) == (data.x(i, 0) != data.x(i, 1) ? 1.0f : 0.0f));
    CHECK(gr::data::xor_gate<double>().x(2, 0) == 1.0);
}

TEST_CASE("blobs: each class around its center, as wide as asked for") {
    const auto data = gr::data::blobs<double>({.samples = 30000, .features = 2, .classes = 3, .deviation = 0.5, .seed = 4});
    CHECK(data.x.shape() == std::array<std::size_t, 2>{30000, 2});
    const auto centers = gr::data::blobs<double>({.samples = 3, .deviation = 0, .seed = 4});
    for (std::int32_t k = 0; k < 3; ++k)
        for (std::size_t d = 0; d < 2; ++d) {
            const auto [mean, deviation] = moments_of(data, k, d);
            const double center = centers.x(static_cast<std::size_t>(k), d);
            CHECK(std::abs(center) <= 10);
            CHECK(std::abs(mean - center) < 4 * 0.5 / 100);
            CHECK(std::abs(deviation - 0.5) < 4 * 0.5 / 100 / std::sqrt(2.0));
        }
    const auto box = gr::data::blobs<double>({.samples = 200, .features = 5, .classes = 200, .deviation = 0, .low = 2, .high = 3});
    const auto [least, most] = std::minmax_element(box.x.begin(), box.x.end());
    CHECK(*least >= 2);
    CHECK(*least < 2.01);
    CHECK(*most < 3);
    CHECK(*most > 2.99);
}

TEST_CASE("blobs: sample n is of class n mod K, and does not depend on how many there are") {
    const auto few = gr::data::blobs({.samples = 7, .classes = 3}), more = gr::data::blobs({.samples = 20, .classes = 3});
    CHECK(few.y == gr::tensor<std::int32_t, 1>{0, 1, 2, 0, 1, 2, 0});
    for (std::size_t i = 0; i < few.x.size(); ++i) CHECK(few.x.data()[i] == more.x.data()[i]);
    CHECK(gr::data::blobs({.seed = 1}).x == gr::data::blobs({.seed = 1}).x);
    CHECK(gr::data::blobs({.seed = 1}).x != gr::data::blobs({.seed = 2}).x);
}

TEST_CASE("moons: by hand, as make_moons(6, shuffle=False, noise=None) has them") {
    const auto data = gr::data::moons<double>({.samples = 6, .noise = 0});
    CHECK(data.y == gr::tensor<std::int32_t, 1>{0, 1, 0, 1, 0, 1});
    CHECK(support::difference(data.x, gr::tensor<double, 2>{{1, 0}, {0, 0.5}, {0, 1}, {1, -0.5}, {-1, 0}, {2, 0.5}}) < 1e-15);
    // an odd number: two of class 1, three of class 0
    CHECK(gr::data::moons<double>({.samples = 5, .noise = 0}).x(3, 0) == 2);
    CHECK(gr::data::moons<double>({.samples = 2, .noise = 0}).x(0, 0) == 1);
}

TEST_CASE("circles: by hand, as make_circles(8, shuffle=False, noise=None, factor=0.5) has them") {
    const auto data = gr::data::circles<double>({.samples = 8, .factor = 0.5, .noise = 0});
    CHECK(data.y == gr::tensor<std::int32_t, 1>{0, 1, 0, 1, 0, 1, 0, 1});
    const gr::tensor<double, 2> x{{1, 0}, {0.5, 0}, {0, 1}, {0, 0.5}, {-1, 0}, {-0.5, 0}, {0, -1}, {0, -0.5}};
    CHECK(support::difference(data.x, x) < 1e-15);
}

TEST_CASE("spirals: by hand") {
    // K = 2, 3 points each: r = 0, ½, 1, and t = πk + πr
    const auto data = gr::data::spirals<double>({.samples = 6, .classes = 2, .angle = pi, .noise = 0});
    CHECK(data.y == gr::tensor<std::int32_t, 1>{0, 1, 0, 1, 0, 1});
    CHECK(support::difference(data.x, gr::tensor<double, 2>{{0, 0}, {0, 0}, {0.5, 0}, {-0.5, 0}, {0, -1}, {0, 1}}) < 1e-15);
    // noise turns a point, and leaves its distance from the origin
    const auto noisy = gr::data::spirals<double>({.samples = 6, .classes = 2, .angle = pi});
    CHECK(noisy.x != data.x);
    for (std::size_t n = 0; n < 6; ++n)
        CHECK(std::hypot(noisy.x(n, 0), noisy.x(n, 1)) == doctest::Approx(std::hypot(data.x(n, 0), data.x(n, 1))));
    // CS231n's last point of its first arm: (sin 4, cos 4)
    CHECK(gr::data::spirals<double>({.noise = 0}).x(297, 0) == doctest::Approx(-0.7568024953079282).epsilon(1e-14));
}

TEST_CASE("moons, circles: noise of the size that was asked for") {
    const auto compare = [](const auto& noisy, const auto& exact) {
        double squares = 0, sum = 0;
        for (std::size_t i = 0; i < exact.x.size(); ++i) {
            const double z = noisy.x.data()[i] - exact.x.data()[i];
            squares += z * z, sum += z;
        }
        const auto n = static_cast<double>(exact.x.size());
        CHECK(std::abs(sum / n) < 4 * 0.3 / std::sqrt(n));
        CHECK(std::abs(std::sqrt(squares / n) - 0.3) < 4 * 0.3 / std::sqrt(2 * n));
    };
    compare(gr::data::moons<double>({.samples = 20000, .noise = 0.3}), gr::data::moons<double>({.samples = 20000, .noise = 0}));
    compare(gr::data::circles<double>({.samples = 20000, .noise = 0.3}),
            gr::data::circles<double>({.samples = 20000, .noise = 0}));
}

TEST_CASE("linear_regression: y = Σ w x + b, and what noise adds") {
    const gr::data::linear_options exact{.samples = 5, .weights = {2, -3, 0.5}, .bias = 1, .noise = 0};
    const auto data = gr::data::linear_regression<double>(exact);
    CHECK(data.x.shape() == std::array<std::size_t, 2>{5, 3});
    CHECK(data.y.shape() == std::array<std::size_t, 2>{5, 1});
    for (std::size_t n = 0; n < 5; ++n)
        CHECK(data.y(n, 0) == doctest::Approx(1 + 2 * data.x(n, 0) - 3 * data.x(n, 1) + 0.5 * data.x(n, 2)).epsilon(1e-14));
    const auto noisy = gr::data::linear_regression<double>({.samples = 20000, .noise = 0.2});
    double squares = 0, x2 = 0;
    for (std::size_t n = 0; n < 20000; ++n) {
        const double z = noisy.y(n, 0) - (2 * noisy.x(n, 0) + 1);
        squares += z * z, x2 += noisy.x(n, 0) * noisy.x(n, 0);
    }
    CHECK(std::abs(std::sqrt(squares / 20000) - 0.2) < 4 * 0.2 / 200);
    CHECK(std::abs(x2 / 20000 - 1) < 4 * std::sqrt(2.0) / std::sqrt(20000.0));
}

TEST_CASE("sine_regression: y = sin x within the interval, and what noise adds") {
    const auto data = gr::data::sine_regression<double>({.samples = 1000, .low = 1, .high = 3, .noise = 0});
    for (std::size_t n = 0; n < 1000; ++n) CHECK(data.y(n, 0) == std::sin(data.x(n, 0)));
    const auto [least, most] = std::minmax_element(data.x.begin(), data.x.end());
    CHECK(*least >= 1);
    CHECK(*least < 1.02);
    CHECK(*most < 3);
    CHECK(*most > 2.98);
    const auto noisy = gr::data::sine_regression<double>({.samples = 20000, .noise = 0.2});
    double squares = 0;
    for (std::size_t n = 0; n < 20000; ++n) squares += std::pow(noisy.y(n, 0) - std::sin(noisy.x(n, 0)), 2);
    CHECK(std::abs(std::sqrt(squares / 20000) - 0.2) < 4 * 0.2 / 200);
}

TEST_CASE("bayes_error: Φ(−d / 2σ), from a table of the normal distribution") {
    CHECK(gr::data::bayes_error({.distance = 2, .deviation = 1}) == doctest::Approx(0.15865525393145705).epsilon(1e-14));
    CHECK(gr::data::bayes_error({.distance = 2, .deviation = 0.5}) == doctest::Approx(0.022750131948179195).epsilon(1e-14));
    CHECK(gr::data::bayes_error({.distance = 0}) == 0.5);
    CHECK(gr::data::bayes_error({.distance = 1, .deviation = 0}) == 0);
    CHECK(gr::data::bayes_error({.distance = 0, .deviation = 0}) == 0.5);
}

TEST_CASE("two_gaussians, bayes_error: Bayes's classifier errs as often as it must") {
    const gr::data::gaussians_options options{.samples = 40000, .features = 10, .distance = 3, .deviation = 1.5, .seed = 3};
    const auto data = gr::data::two_gaussians(options);
    std::size_t wrong = 0;
    double apart2 = 0;
    for (std::size_t d = 0; d < 10; ++d) {
        double mean[2] = {0, 0};
        for (std::size_t n = 0; n < 40000; ++n) mean[n % 2] += static_cast<double>(data.x(n, d)) / 20000;
        apart2 += (mean[1] - mean[0]) * (mean[1] - mean[0]);
    }
    for (std::size_t n = 0; n < 40000; ++n) {
        float sum = 0;
        for (std::size_t d = 0; d < 10; ++d) sum += data.x(n, d);
        wrong += (sum > 0) != (data.y(n, 0) == 1);
        CHECK_UNARY(data.y(n, 0) == static_cast<float>(n % 2));
    }
    const double p = gr::data::bayes_error(options);
    CHECK(p == doctest::Approx(0.15865525393145705).epsilon(1e-14));
    CHECK(std::abs(static_cast<double>(wrong) / 40000 - p) < 4 * std::sqrt(p * (1 - p) / 40000));
    CHECK(std::abs(std::sqrt(apart2) - 3) < 0.06);
}

TEST_CASE("synthetic: options that make no set") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of([] { (void)gr::data::blobs({.samples = 2}); }) == "blobs: 2 samples of 3 classes: each needs at least one");
    CHECK(message_of([] { (void)gr::data::blobs({.classes = 0}); }) == "blobs: 100 samples of 0 classes: each needs at least one");
    CHECK(message_of([] { (void)gr::data::blobs({.deviation = -1}); }) ==
          "blobs: a standard deviation must be 0 or more, got -1");
    CHECK(message_of([] { (void)gr::data::blobs({.features = 0}); }) ==
          "blobs: 0 features between -10 and 10: one feature and low <= high are the least");
    CHECK(message_of([] { (void)gr::data::blobs({.low = 1, .high = -1}); }) ==
          "blobs: 2 features between 1 and -1: one feature and low <= high are the least");
    CHECK(message_of([&] { (void)gr::data::moons({.noise = nan}); }) == "moons: a standard deviation must be 0 or more, got nan");
    CHECK(message_of([] { (void)gr::data::moons({.samples = 1}); }) == "moons: 1 samples of 2 classes: each needs at least one");
    CHECK(message_of([] { (void)gr::data::circles({.factor = 1}); }) ==
          "circles: the factor must be 0 or more and below 1, got 1");
    CHECK(message_of([] { (void)gr::data::spirals({.samples = 0, .classes = 0}); }) ==
          "spirals: 0 samples of 0 classes: each needs at least one");
    CHECK(message_of([] { (void)gr::data::linear_regression({.weights = {}}); }) ==
          "linear_regression: no weights: there is one for each feature");
    CHECK(message_of([] { (void)gr::data::linear_regression({.samples = 0}); }) ==
          "linear_regression: 0 samples of 1 classes: each needs at least one");
    CHECK(message_of([] { (void)gr::data::sine_regression({.low = 1, .high = 1}); }) ==
          "sine_regression: no x lies between 1 and 1");
    CHECK(message_of([] { (void)gr::data::two_gaussians({.features = 0}); }) ==
          "two_gaussians: 0 features at a distance of 2: one feature and 0 are the least");
    CHECK(message_of([] { (void)gr::data::two_gaussians({.distance = -1}); }) ==
          "two_gaussians: 100 features at a distance of -1: one feature and 0 are the least");
    CHECK(message_of([&] { (void)gr::data::blobs({.low = nan}); }) == "blobs: .low must be finite, got nan");
    CHECK(message_of([] { (void)gr::data::blobs({.high = std::numeric_limits<double>::infinity()}); }) ==
          "blobs: .high must be finite, got inf");
    CHECK(message_of([&] { (void)gr::data::spirals({.angle = nan}); }) == "spirals: .angle must be finite, got nan");
    CHECK(message_of([&] { (void)gr::data::spirals({.noise = nan}); }) ==
          "spirals: a standard deviation must be 0 or more, got nan");
    CHECK(message_of([&] { (void)gr::data::linear_regression({.weights = {1, nan}}); }) ==
          "linear_regression: .weights must be finite, got nan");
    CHECK(message_of([&] { (void)gr::data::linear_regression({.bias = nan}); }) ==
          "linear_regression: .bias must be finite, got nan");
    CHECK(message_of([&] { (void)gr::data::sine_regression({.low = nan}); }) == "sine_regression: .low must be finite, got nan");
    CHECK(message_of([&] { (void)gr::data::two_gaussians({.distance = nan}); }) ==
          "two_gaussians: .distance must be finite, got nan");
}
