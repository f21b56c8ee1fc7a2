#include "gradus/text/sampling.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "gradus/data/memory.hpp"

namespace gr = gradus;
using support::message_of;
using vector = gr::tensor<double, 1>;
constexpr double infinite = std::numeric_limits<double>::infinity();

namespace {

template <class T>
vector probabilities(const gr::tensor<T, 1>& z, const gr::sampling& how = {}) {
    return gr::data::from_memory(gr::sampling_probabilities(z.data(), z.size(), how));
}

}  // namespace

TEST_CASE("sample.temperature: by hand") {
    const double l2 = std::log(2), l3 = std::log(3);
    CHECK(support::difference(probabilities(vector{0, l2, l3}), vector{1. / 6, 2. / 6, 3. / 6}) < 1e-15);
    CHECK(support::difference(probabilities(vector{0, l2, l3}, {.temperature = 0.5}),
                              vector{1. / 14, 4. / 14, 9. / 14}) < 1e-15);
    CHECK(support::difference(probabilities(vector{0, 2 * l2, 2 * l3}, {.temperature = 2}),
                              vector{1. / 6, 2. / 6, 3. / 6}) < 1e-15);
    CHECK(probabilities(vector{1, 3, 2, 3}, {.temperature = 0}) == vector{0, 1, 0, 0});  // greedy: the first of the greatest
    CHECK(probabilities(vector{5, 5, 5, 5}, {.temperature = 1e300}) == vector{0.25, 0.25, 0.25, 0.25});
    CHECK(probabilities(vector{1, 3, 2}, {.temperature = 1e-308}) == vector{0, 1, 0});
    CHECK(probabilities(vector{-infinite, 0, 0}) == vector{0, 0.5, 0.5});
    CHECK(probabilities(vector{1e308, -1e308}) == vector{1, 0});
    CHECK(probabilities(gr::tensor<float, 1>{3e38f, -3e38f}) == vector{1, 0});
}
TEST_CASE("sample.top_k: by hand; of equal logits the first stay") {
    const double l2 = std::log(2), l3 = std::log(3);
    CHECK(support::difference(probabilities(vector{l3, 0, l2}, {.top_k = 2}), vector{3. / 5, 0, 2. / 5}) < 1e-15);
    CHECK(probabilities(vector{l3, 0, l2}, {.top_k = 1}) == vector{1, 0, 0});
    CHECK(probabilities(vector{l3, 0, l2}, {.top_k = 3}) == probabilities(vector{l3, 0, l2}));
    CHECK(probabilities(vector{1, 2, 2, 1, 2}, {.top_k = 2}) == vector{0, 0.5, 0.5, 0, 0});
    CHECK(support::difference(probabilities(vector{0, l3, l2, 0}, {.temperature = 0.5, .top_k = 3}),
                              vector{1. / 14, 9. / 14, 4. / 14, 0}) < 1e-15);
    CHECK(probabilities(vector{1, -infinite, -infinite}, {.top_k = 2}) == vector{1, 0, 0});
}
TEST_CASE_TEMPLATE("sample.temperature, sample.top_k: PyTorch's values", T, float, double) {
    const auto z = support::pytorch<gr::tensor<T, 1>>("text/logits");
    for (const double temperature : {0.25, 1.0, 3.0})
        CHECK(support::difference(probabilities(z, {.temperature = temperature}),
                                  support::pytorch<vector>("text/temperature." + gr::number_text(temperature))) < 1e-14);
    CHECK(support::difference(probabilities(z, {.temperature = 0.5, .top_k = 4}),
                              support::pytorch<vector>("text/top_4")) < 1e-14);
}

TEST_CASE("sample.draw: the first index at which the sum of p exceeds u") {
    const vector z{std::log(0.5), -infinite, std::log(0.25), std::log(0.25)};
    for (std::uint64_t draw = 0; draw < 1000; ++draw) {
        const double u = gr::random::uniform(8, draw);
        CHECK_UNARY(gr::sample(z, {}, 8, draw) == (u < 0.5 ? 0 : u < 0.75 ? 2 : 3));
        CHECK_UNARY(gr::sample(z, {.temperature = 0}, 8, draw) == 0);
    }
}
TEST_CASE("sample.draw: by hand, at the borders, and where rounding leaves u above the sum") {
    const std::vector<double> p{0, 0.25, 0, 0.5, 0.25, 0};
    CHECK(gr::drawn(p, 0) == 1);
    CHECK(gr::drawn(p, 0.25 - 0x1p-53) == 1);
    CHECK(gr::drawn(p, 0.25) == 3);
    CHECK(gr::drawn(p, 0.75) == 4);
    CHECK(gr::drawn(p, 1 - 0x1p-53) == 4);
    CHECK(gr::drawn({0.5, 0.5 - 1e-12, 0}, 1 - 0x1p-53) == 1);  // never one that cannot be drawn
}
TEST_CASE("sample.temperature, sample.top_k, sample.draw: each index as often as its probability says") {
    const auto z = support::draw<gr::tensor<float, 1>>({8}, 3, -2, 2);
    const std::size_t draws = 40000;
    using how_to = gr::sampling;
    for (const how_to& how : {how_to{}, how_to{.temperature = 0.4}, how_to{.temperature = 2.5, .top_k = 5}}) {
        const vector p = probabilities(z, how);
        std::vector<double> count(8);
        for (std::uint64_t draw = 0; draw < draws; ++draw) ++count[static_cast<std::size_t>(gr::sample(z, how, 11, draw))];
        for (std::size_t i = 0; i < 8; ++i) {
            const double n = draws * p(i);
            CHECK(std::abs(count[i] - n) <= 4 * std::sqrt(n * (1 - p(i))));  // p = 0: never
        }
    }
}
TEST_CASE("sample.draw: rows are drawn for themselves, and keep their leading axes") {
    const auto z = support::draw<gr::tensor<float, 3>>({4, 3, 9}, 5, -2, 2);
    const gr::tensor<std::int32_t, 2> y = gr::sample(z, {.top_k = 6}, 2, 7);
    CHECK(y.shape() == std::array<std::size_t, 2>{4, 3});
    for (std::size_t r = 0; r < 12; ++r) CHECK(y.data()[r] == gr::sample(z.data() + 9 * r, 9, {.top_k = 6}, 2, 7, r));
    const gr::tensor<double, 2> level({1000, 2}, 0.0);
    double ones = 0;
    for (const std::int32_t i : gr::sample(level, {}, 2, 7)) ones += i;
    CHECK(std::abs(ones - 500) < 4 * std::sqrt(250.0));
}

TEST_CASE("sample: what cannot be drawn from") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const vector z{1, 2};
    CHECK(message_of([&] { (void)gr::sample(z, {.temperature = -1}, 0, 0); }) ==
          "sample: the temperature must be 0 or more, got -1");
    CHECK(message_of([&] { (void)gr::sample(z, {.temperature = nan}, 0, 0); }) ==
          "sample: the temperature must be 0 or more, got nan");
    CHECK(message_of([&] { (void)gr::sample(z, {.temperature = infinite}, 0, 0); }) ==
          "sample: the temperature must be 0 or more, got inf");
    CHECK(message_of([&] { (void)gr::sample(z, {.top_k = 3}, 0, 0); }) == "sample: top_k is 3, of 2 logits");
    CHECK(message_of([&] { (void)gr::sample(vector{}, {}, 0, 0); }) == "sample: top_k is 0, of 0 logits");
    CHECK(message_of([&] { (void)gr::sample(vector{1, nan}, {}, 0, 0); }) == "sample: logit 1 is nan");
    CHECK(message_of([&] { (void)gr::sample(vector{1, 2, infinite}, {.temperature = 0}, 0, 0); }) ==
          "sample: logit 2 is inf");
    CHECK(message_of([&] { (void)gr::sample(vector{-infinite, -infinite}, {}, 0, 0); }) ==
          "sample: all 2 logits are -inf");
}
