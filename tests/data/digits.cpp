#include "gradus/data/digits.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace gr = gradus;

TEST_CASE("drawn_digits: the same for the same seed, and a larger count only adds to them") {
    const auto a = gr::data::drawn_digits(50, 1), b = gr::data::drawn_digits(20, 1), c = gr::data::drawn_digits(20, 2);
    CHECK(a.x.shape() == gr::tensor<std::uint8_t, 3>::shape_type{50, 28, 28});
    CHECK(std::equal(b.x.begin(), b.x.end(), a.x.begin()));
    CHECK(std::equal(b.y.begin(), b.y.end(), a.y.begin()));
    CHECK(b.x != c.x);
    CHECK(b.y != c.y);
}

TEST_CASE("drawn_digits: the same bytes in every build, for this processor or for any") {
    std::uint64_t all = 0;
    for (std::uint8_t pixel : gr::data::drawn_digits(2000, 1).x) all = gr::random::mix(all, std::uint64_t{pixel});
    CHECK(all == 0x9b2775d17695a517);  // of a build without fused a b + c
}

TEST_CASE("drawn_digits: dark ground, bright strokes, no two alike, ten labels evenly") {
    const auto digits = gr::data::drawn_digits(2000, 3);
    std::vector<int> count(10);
    for (std::int32_t k : digits.y) ++count.at(static_cast<std::size_t>(k));
    for (int n : count) CHECK((n > 150 && n < 250));
    for (std::size_t n = 0; n < 2000; n += 50) {
        const auto* pixels = digits.x.data() + 784 * n;
        const auto bright = std::count_if(pixels, pixels + 784, [](std::uint8_t v) { return v > 128; });
        CHECK(bright > 15);
        CHECK(bright < 300);
        CHECK(!std::equal(pixels, pixels + 784, digits.x.data() + 784 * (n + 1)));
    }
}

TEST_CASE("drawn_digits: they can be told apart, but not trivially") {
    const auto train = gr::data::drawn_digits(3000, 4), test = gr::data::drawn_digits(1000, 5);
    std::vector<std::vector<double>> mean(10, std::vector<double>(784));
    for (std::size_t n = 0; n < train.size(); ++n)
        for (std::size_t i = 0; i < 784; ++i)
            mean[static_cast<std::size_t>(train.y(n))][i] += train.x.data()[784 * n + i] / 300.0;
    int right = 0;
    for (std::size_t n = 0; n < test.size(); ++n) {
        std::vector<double> distance(10);
        for (std::size_t k = 0; k < 10; ++k)
            for (std::size_t i = 0; i < 784; ++i) {
                const double d = mean[k][i] - test.x.data()[784 * n + i];
                distance[k] += d * d;
            }
        right += std::min_element(distance.begin(), distance.end()) - distance.begin() == test.y(n);
    }
    MESSAGE("nearest mean: ", right, " of 1000");
    CHECK(right > 600);
    CHECK(right < 950);
}
