// labels: threads
#include "gradus/base/random.hpp"

#include <bit>
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <thread>

namespace gr = gradus;
using words = std::array<std::uint32_t, 4>;

TEST_CASE("random.philox: the known answers of the paper's authors") {
    CHECK(gr::random::philox({0, 0, 0, 0}, {0, 0}) == words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(gr::random::philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
          words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(gr::random::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("random.bits: every part of the key and of the place counts") {
    const std::uint64_t far = std::uint64_t{1} << 40;
    const std::set<std::uint64_t> draws = {
        gr::random::bits(0, 0, 0),   gr::random::bits(1, 0, 0), gr::random::bits(far, 0, 0), gr::random::bits(0, 1, 0),
        gr::random::bits(0, far, 0), gr::random::bits(0, 0, 1), gr::random::bits(0, 0, far)};
    CHECK(draws.size() == 7);
    CHECK(gr::random::bits(0, 0, 0) == 0xe169c58d6627e8d5);
}

TEST_CASE("random.mix: words and texts make different keys") {
    using gr::random::mix;
    static_assert(mix(0, 0) == 0xe220a8397b1dcdaf);  // splitmix64's first output for seed 0
    const std::set<std::uint64_t> keys = {mix(7, 0),     mix(7, 1),     mix(8, 0),    mix(7, "0.W"),
                                          mix(7, "1.W"), mix(7, "0.b"), mix(7, "0."), mix(mix(7, "0."), "W")};
    CHECK(keys.size() == 8);
}

TEST_CASE("random.bits: two threads see the draws of one, in whatever order they ask") {
    std::vector<std::uint64_t> one(1000), two(1000);
    for (std::size_t i = 0; i < 1000; ++i) one[i] = gr::random::bits(9, i);
    {
        const std::jthread front([&] {
            for (std::size_t i = 0; i < 500; ++i) two[i] = gr::random::bits(9, i);
        });
        const std::jthread back([&] {
            for (std::size_t i = 1000; i-- > 500;) two[i] = gr::random::bits(9, i);
        });
    }
    CHECK(one == two);
}

TEST_CASE("random.uniform: in [0, 1), with the moments of the distribution") {
    const std::size_t n = 100'000;
    double sum = 0, squares = 0, smallest = 1, largest = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double u = gr::random::uniform(3, i);
        sum += u, squares += u * u;
        smallest = std::min(smallest, u), largest = std::max(largest, u);
    }
    CHECK(smallest >= 0);
    CHECK(smallest < 1e-3);
    CHECK(largest < 1);
    CHECK(largest > 1 - 1e-3);
    CHECK(std::abs(sum / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
    CHECK(std::abs(squares / n - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / n));
    CHECK(gr::random::uniform(0, 0) == 0x1c2d38b1acc4fdp-53);
}

TEST_CASE("random.integer: every value equally often, where n does not divide 2^64 either") {
    for (std::uint64_t n : {1u, 2u, 6u, 7u, 10u}) {
        std::vector<double> count(n);
        const double draws = 60'000;
        for (std::uint64_t row = 0; row < 60'000; ++row) {
            const std::uint64_t k = gr::random::integer(5, row, n);
            REQUIRE(k < n);
            ++count[k];
        }
        double chi_squared = 0;
        for (double c : count) chi_squared += (c - draws / double(n)) * (c - draws / double(n)) / (draws / double(n));
        CHECK(chi_squared < 30);  // 9 degrees of freedom at most: p < 0.0005
    }
    CHECK(gr::random::integer(5, 0, 0) == 0);
}

TEST_CASE("random.integer: without rejection a third of this range would come twice as often") {
    const std::uint64_t n = 3ull << 62;  // u % n alone gives the lower third two chances
    int lower = 0;
    for (std::uint64_t row = 0; row < 9'000; ++row) lower += gr::random::integer(1, row, n) < (1ull << 62);
    CHECK(std::abs(lower - 3'000) < 4 * 45);  // sigma = sqrt(9000 / 3 * 2 / 3) = 45; biased: 4 500
}

TEST_CASE("random.log and random.sqrt: ours agree with the library's") {
    for (double x : {1e-300, 5e-17, 0.02, 0.5, 0.7071067811865475, 1.0, 1.4142135623730951, 2.0, 3.0, 1e10, 1e300}) {
        CHECK(gr::random::log(x) == doctest::Approx(std::log(x)).epsilon(1e-15));
        CHECK(gr::random::sqrt(x) == doctest::Approx(std::sqrt(x)).epsilon(1e-15));
    }
    CHECK(gr::random::sqrt(0) == 0);
}

TEST_CASE("random.normal: moments, and the quantiles out to four sigma") {
    const std::size_t n = 1'000'000;
    std::vector<double> z(n);
    for (std::size_t i = 0; i < n; ++i) z[i] = gr::random::normal(11, i / 1000, i % 1000);
    const auto moment = [&](int k) {
        return std::accumulate(z.begin(), z.end(), 0.0, [&](double s, double x) { return s + std::pow(x, k); }) / n;
    };
    const double sigma = 1 / std::sqrt(double(n));
    CHECK(std::abs(moment(1)) < 4 * sigma);
    CHECK(std::abs(moment(2) - 1) < 4 * sigma * std::sqrt(2.0));
    CHECK(std::abs(moment(3)) < 4 * sigma * std::sqrt(15.0));
    CHECK(std::abs(moment(4) - 3) < 4 * sigma * std::sqrt(96.0));
    for (double q : {-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0}) {
        const double expected = 0.5 * std::erfc(-q / std::sqrt(2.0));
        const double below = double(std::count_if(z.begin(), z.end(), [q](double x) { return x < q; })) / n;
        CHECK(std::abs(below - expected) < 4.5 * std::sqrt(expected * (1 - expected) / n));
    }
}

TEST_CASE("random.normal: is the inverse of the distribution function") {
    CHECK(gr::random::normal(0, 0) == doctest::Approx(1.177591239054).epsilon(1e-8));  // Python's NormalDist().inv_cdf
    CHECK(gr::random::normal(1, 2, 3) == doctest::Approx(-0.472710963350).epsilon(1e-8));
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        const double p = gr::random::middle(gr::random::bits(2, i) >> 12);
        CHECK(0.5 * std::erfc(-gr::random::normal(2, i) / std::sqrt(2.0)) == doctest::Approx(p).epsilon(1e-8));
    }
}

TEST_CASE("random.normal: draws lie in (0, 1), both ends left out, in the middle of cells of one size") {
    using gr::random::middle;
    const std::uint64_t last = (1ull << 52) - 1;
    static_assert(middle(0) == 0x1.0p-53 && middle(last) == 1 - 0x1.0p-53);
    for (std::uint64_t k : {std::uint64_t{0}, last / 2, last / 2 + 1, last - 1}) CHECK(middle(k + 1) - middle(k) == 0x1.0p-52);
    CHECK(gr::random::normal_quantile(middle(0)) == -gr::random::normal_quantile(middle(last)));
    CHECK(gr::random::normal_quantile(middle(last)) == doctest::Approx(8.2095361516013874).epsilon(1e-8));
}

TEST_CASE("random.normal: the same bits where the compiler computes it, which never fuses") {
    static constexpr auto compiled = [] {
        std::array<double, 100> z{};
        for (std::size_t i = 0; i < z.size(); ++i) z[i] = gr::random::normal(1, i);
        return z;
    }();
    for (std::size_t i = 0; i < compiled.size(); ++i) CHECK(gr::random::normal(1, i) == compiled[i]);
}

TEST_CASE("random.permutation: of 0..n-1, pinned, each order equally likely") {
    const auto p = gr::random::permutation(1000, 4);
    CHECK(std::set<std::size_t>(p.begin(), p.end()).size() == 1000);
    CHECK(*std::max_element(p.begin(), p.end()) == 999);
    CHECK(gr::random::permutation(0, 4).empty());
    CHECK(gr::random::permutation(1, 4) == std::vector<std::size_t>{0});
    CHECK(gr::random::permutation(10, 1) == std::vector<std::size_t>{7, 4, 5, 9, 6, 8, 2, 1, 3, 0});
    CHECK(gr::random::permutation(10, 1) != gr::random::permutation(10, 2));

    std::vector<int> seen(6);
    for (std::uint64_t key = 0; key < 6'000; ++key) {
        const auto q = gr::random::permutation(3, key);
        ++seen[q[0] * 2 + (q[1] > q[2])];
    }
    for (int count : seen) CHECK(std::abs(count - 1000) < 4 * 29);  // sigma = sqrt(6000 / 6 * 5 / 6) = 29
}

TEST_CASE("seed: sets the default seed") {
    const std::uint64_t before = gr::default_seed();
    gr::seed(7);
    CHECK(gr::default_seed() == 7);
    gr::seed(before);
}

TEST_CASE("random.normal: bit for bit the same in every build, whether its compiler fuses products and sums or not") {
    std::uint64_t hash = 0;
    for (std::uint64_t i = 0; i < 100'000; ++i)
        hash = gr::random::mix(hash, std::bit_cast<std::uint64_t>(gr::random::normal(7, i)));
    CHECK(hash == 12324355375153881495ull);
    CHECK(gr::random::normal(3, 5) == -0x1.ebb1a963b524p-1);
}
