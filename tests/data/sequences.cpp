#include "gradus/data/sequences.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "../support/message.hpp"
#include "gradus/data/memory.hpp"

namespace gr = gradus;
using support::message_of;
using ids = gr::tensor<std::int32_t, 1>;
using table = gr::tensor<std::int32_t, 2>;

namespace {

ids counted(std::size_t n) {
    auto s = ids::from_shape({n});
    for (std::size_t i = 0; i < n; ++i) s(i) = static_cast<std::int32_t>(i);
    return s;
}

}  // namespace

TEST_CASE("streams.x, streams.y: by hand") {
    // two streams of 6 symbols, three at a time: batch 0 is rows 0 and 1, batch 1 rows 2 and 3; 13 and 14 are left over
    const auto data = gr::data::streams(counted(15), 2, 3);
    CHECK(data.x == table{{0, 1, 2}, {6, 7, 8}, {3, 4, 5}, {9, 10, 11}});
    CHECK(data.y == table{{1, 2, 3}, {7, 8, 9}, {4, 5, 6}, {10, 11, 12}});
    CHECK(gr::data::streams(counted(13), 2, 3).x == data.x);  // the last symbol is needed: it is a target
    CHECK(gr::data::streams(counted(12), 2, 3).x == table{{0, 1, 2}, {3, 4, 5}});
}
TEST_CASE("streams.x, streams.y: each row goes on where the row of the batch before ended, and y is x one step later") {
    for (const std::size_t L : {101u, 128u, 129u, 1000u})
        for (const std::size_t R : {1u, 4u, 7u})
            for (const std::size_t T : {1u, 5u, 14u}) {
                const auto data = gr::data::streams(counted(L), R, T);
                const std::size_t N = data.size();
                REQUIRE(N % R == 0);
                CHECK(N * T < L);
                CHECK(N * T + R * T >= L);
                for (std::size_t n = 0; n < N; ++n) {
                    for (std::size_t t = 0; t < T; ++t) CHECK_UNARY(data.y(n, t) == data.x(n, t) + 1);
                    if (n >= R) CHECK_UNARY(data.x(n, 0) == data.y(n - R, T - 1));
                }
                if (R > 1) CHECK_UNARY(data.x(1, 0) == static_cast<std::int32_t>(N / R * T));
            }
}
TEST_CASE("streams: too short a text") {
    CHECK(message_of([] { (void)gr::data::streams(counted(6), 2, 3); }) ==
          "streams: 6 symbols are too few for 2 rows of 3 steps and one symbol more");
    CHECK(gr::data::streams(counted(7), 2, 3).size() == 2);
    CHECK(message_of([] { (void)gr::data::streams(ids{}, 1, 1); }) ==
          "streams: 0 symbols are too few for 1 rows of 1 steps and one symbol more");
    CHECK(message_of([] { (void)gr::data::streams(counted(6), std::size_t{1} << 33, std::size_t{1} << 33); }) ==  // wraps
          "streams: 6 symbols are too few for 8589934592 rows of 8589934592 steps and one symbol more");
    CHECK(message_of([] { (void)gr::data::streams(counted(6), 0, 3); }) ==
          "streams: 0 rows of 3 steps: one of both is the least");
    CHECK(message_of([] { (void)gr::data::streams(counted(6), 2, 0); }) ==
          "streams: 2 rows of 0 steps: one of both is the least");
}

TEST_CASE("n_grams.x, n_grams.y: by hand; too short a text") {
    const auto data = gr::data::n_grams(ids{5, 6, 7, 8}, 2);
    CHECK(data.x == table{{5, 6}, {6, 7}});
    CHECK(data.y == ids{7, 8});
    CHECK(gr::data::n_grams(ids{5, 6, 7, 8}, 3).x == table{{5, 6, 7}});
    CHECK(message_of([] { (void)gr::data::n_grams(counted(4), 4); }) ==
          "n_grams: 4 symbols hold no window of 4 and the symbol behind it");
    CHECK(message_of([] { (void)gr::data::n_grams(counted(4), 0); }) ==
          "n_grams: 4 symbols hold no window of 0 and the symbol behind it");
    CHECK(message_of([] { (void)gr::data::n_grams(ids{}, 1); }) ==
          "n_grams: 0 symbols hold no window of 1 and the symbol behind it");
}

TEST_CASE_TEMPLATE("windows.x, windows.y: by hand; too short a series", T, float, double) {
    const gr::tensor<T, 1> s{1, 2, 3, 4, 5};
    const auto data = gr::data::windows(s, 2);
    CHECK(data.x == gr::tensor<T, 3>{{{1}, {2}}, {{2}, {3}}, {{3}, {4}}});
    CHECK(data.y == gr::tensor<T, 2>{{3}, {4}, {5}});
    const auto later = gr::data::windows(s, 2, 3);
    CHECK(later.x == gr::tensor<T, 3>{{{1}, {2}}});
    CHECK(later.y == gr::tensor<T, 2>{{5}});
    CHECK(message_of([&] { (void)gr::data::windows(s, 2, 4); }) ==
          "windows: 5 values hold no window of 2 and the value 4 ahead of it");
    CHECK(message_of([&] { (void)gr::data::windows(s, 5); }) ==
          "windows: 5 values hold no window of 5 and the value 1 ahead of it");
    CHECK(message_of([&] { (void)gr::data::windows(s, 0); }) ==
          "windows: 5 values hold no window of 0 and the value 1 ahead of it");
    CHECK(message_of([&] { (void)gr::data::windows(s, 1, 0); }) ==
          "windows: 5 values hold no window of 1 and the value 0 ahead of it");
    CHECK(message_of([&] { (void)gr::data::windows(s, 2, static_cast<std::size_t>(-1)); }) ==
          "windows: 5 values hold no window of 2 and the value 18446744073709551615 ahead of it");
}

TEST_CASE("mask_of: by hand; lengths that do not fit") {
    CHECK(gr::data::mask_of({2, 0, 3}, 3) ==
          gr::tensor<bool, 2>{{true, true, false}, {false, false, false}, {true, true, true}});
    CHECK(message_of([] { (void)gr::data::mask_of({8, 3, 9}, 8); }) == "mask_of: length 9 of row 2 is beyond T = 8");
    CHECK(message_of([] { (void)gr::data::mask_of({}, 8); }) == "mask_of: 0 rows of 8 steps: nothing to mask");
    CHECK(message_of([] { (void)gr::data::mask_of({0}, 0); }) == "mask_of: 1 rows of 0 steps: nothing to mask");
}

TEST_CASE("padded: symbols, by hand; as a dataset") {
    const std::vector<ids> names = {ids{3, 1, 4}, ids{1}, ids{}, ids{5, 9}};
    const auto rows = gr::data::padded(names, -1);
    CHECK(rows.x == table{{3, 1, 4}, {1, -1, -1}, {-1, -1, -1}, {5, 9, -1}});
    CHECK(rows.lengths == std::vector<std::size_t>{3, 1, 0, 2});
    CHECK(rows.mask == gr::data::mask_of(rows.lengths, 3));
    CHECK(gr::data::padded(names, 0, 5).x.shape() == std::array<std::size_t, 2>{4, 5});
    CHECK(gr::data::padded(names, 0, 5).mask(0, 3) == false);

    gr::dataset data(rows.x, ids{0, 1, 1, 0});
    data.mask = rows.mask;
    data.check();
    CHECK(gr::split(data, 0.5).second.mask == gr::data::mask_of({0, 2}, 3));
}
TEST_CASE("padded: sequences of features (T, D)") {
    const std::vector<gr::tensor<double, 2>> walks = {{{1, 2}}, {{3, 4}, {5, 6}}};
    const auto rows = gr::data::padded(walks);
    CHECK(rows.x == gr::tensor<double, 3>{{{1, 2}, {0, 0}}, {{3, 4}, {5, 6}}});
    CHECK(rows.mask == gr::tensor<bool, 2>{{true, false}, {true, true}});
}
TEST_CASE("padded: what does not fit") {
    const std::vector<ids> names = {ids{3, 1, 4}, ids{1}};
    CHECK(message_of([&] { (void)gr::data::padded(names, 0, 2); }) == "padded: sequence 0 has 3 steps, T is 2");
    CHECK(message_of([] { (void)gr::data::padded(std::vector<ids>{}); }) ==
          "padded: 0 sequences of 0 steps: nothing to pad");
    CHECK(message_of([] { (void)gr::data::padded(std::vector<ids>{ids{}, ids{}}); }) ==
          "padded: 2 sequences of 0 steps: nothing to pad");
    CHECK(message_of([] { (void)gr::data::padded(std::vector<ids>{}, 0, 5); }) ==
          "padded: 0 sequences of 5 steps: nothing to pad");
    const std::vector<gr::tensor<double, 2>> walks = {{{1, 2}}, {{3, 4, 5}}};
    CHECK(message_of([&] { (void)gr::data::padded(walks); }) ==
          "padded: sequence 1 is (1, 3), sequence 0 (1, 2): only their lengths may differ");
}

TEST_CASE("next_symbols.x, next_symbols.y: by hand; none to foretell") {
    const std::vector<ids> names = {ids{0, 3, 1, 0}, ids{0, 2, 0}, ids{0}, ids{}};
    const auto data = gr::data::next_symbols(names, -1);
    CHECK(data.x == table{{0, 3, 1}, {0, 2, -1}, {-1, -1, -1}, {-1, -1, -1}});
    CHECK(data.y == table{{3, 1, 0}, {2, 0, -1}, {-1, -1, -1}, {-1, -1, -1}});
    CHECK(data.mask == gr::data::mask_of({3, 2, 0, 0}, 3));
    CHECK(message_of([] { (void)gr::data::next_symbols({}); }) == "next_symbols: none of 0 sequences has two symbols");
    CHECK(message_of([] { (void)gr::data::next_symbols({ids{1}, ids{}}); }) ==
          "next_symbols: none of 2 sequences has two symbols");
}
