#include "gradus/data/preprocessing.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using gr::data::fill_by;
using gr::data::fill_missing;
using gr::data::min_max;
using gr::data::standard_score;
using support::message_of;
using table = gr::tensor<double, 2>;
constexpr double none = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();

TEST_CASE("drop_missing: only complete samples are left, x and y together") {
    const gr::dataset data(table{{1, 2}, {none, 4}, {5, 6}, {7, none}}, gr::tensor<std::int32_t, 1>{0, 1, 2, 3});
    const auto left = gr::data::drop_missing(data);
    CHECK(left.x == table{{1, 2}, {5, 6}});
    CHECK(left.y == gr::tensor<std::int32_t, 1>{0, 2});
    CHECK(gr::data::complete_samples(gr::tensor<float, 3>({2, 2, 2}, 1.0f)) == std::vector<std::size_t>{0, 1});
    const gr::dataset empty(table{{none, 2}, {none, 4}}, gr::tensor<std::int32_t, 1>{0, 1});
    CHECK(message_of([&] { (void)gr::data::drop_missing(empty); }) ==
          "drop_missing: each of 2 samples lacks a value, none would be left");
}

TEST_CASE("fill_missing: by mean, median, most frequent, constant") {
    const table x{{1, none, 3}, {none, 2, 3}, {4, 2, none}, {10, 0, 1}, {none, 0, 1}};
    CHECK(fill_missing(x).value == gr::tensor<double, 1>{5, 1, 2});
    CHECK(fill_missing(x, fill_by::median).value == gr::tensor<double, 1>{4, 1, 2});
    CHECK(fill_missing(x, fill_by::most_frequent).value == gr::tensor<double, 1>{1, 0, 1});  // of equals the least
    CHECK(fill_missing(x, fill_by::constant, -1).value == gr::tensor<double, 1>{-1, -1, -1});
    CHECK(fill_missing(x)(x) == table{{1, 1, 3}, {5, 2, 3}, {4, 2, 2}, {10, 0, 1}, {5, 0, 1}});
    CHECK(fill_missing(x)(table{{none, none, none}}) == table{{5, 1, 2}});  // fitted once, applied to others
    CHECK(fill_missing(table{{3}, {1}, {2}, {none}, {9}}, fill_by::median).value(0) == 2.5);
    CHECK(fill_missing(table{{3}, {2}, {2}, {3}, {3}}, fill_by::most_frequent).value(0) == 3);
    const auto filled = fill_missing(gr::tensor<float, 3>{{{1}, {static_cast<float>(none)}}, {{3}, {5}}});
    CHECK(filled.value == gr::tensor<float, 1>{3});
    CHECK(message_of([] { (void)fill_missing(table{{1, none}, {2, none}}); }) ==
          "fill_missing: column 1 has no value to learn from");
    CHECK(fill_missing(table{{none}}, fill_by::constant, 7)(table{{none}}) == table{{7}});
    CHECK(message_of([&] { (void)fill_missing(x)(table{{1, 2}}); }) ==
          "fill_missing: it was fitted to 3 columns, got (1, 2)");
}

TEST_CASE("min_max: by hand, as MinMaxScaler has it") {
    const table x{{-1, 2}, {-0.5, 6}, {0, 10}, {1, 18}};
    const auto scale = min_max(x);
    CHECK(scale(x) == table{{0, 0}, {0.25, 0.25}, {0.5, 0.5}, {1, 1}});  // the example of scikit-learn's page
    CHECK(scale(table{{2, 2}}) == table{{1.5, 0}});                      // a test set may go beyond
    CHECK(scale.inverse(table{{0.25, 0.5}}) == table{{-0.5, 10}});
    CHECK(min_max(x, -1, 1)(x) == table{{-1, -1}, {-0.5, -0.5}, {0, 0}, {1, 1}});
    CHECK(min_max(x, -1, 1).inverse(table{{-0.5, 0}}) == table{{-0.5, 10}});
}

TEST_CASE("standard_score: by hand, as StandardScaler has it") {
    const table x{{0, 0}, {0, 0}, {1, 1}, {1, 1}};
    const auto scale = standard_score(x);
    CHECK(scale(x) == table{{-1, -1}, {-1, -1}, {1, 1}, {1, 1}});  // the example of scikit-learn's page
    CHECK(scale(table{{2, 2}}) == table{{3, 3}});
    CHECK(scale.inverse(table{{-1, 3}}) == table{{0, 2}});
    // numpy: (x - x.mean(0)) / x.std(0) of [[1], [2], [4], [8]]: mean 3.75, standard deviation √7.1875
    const auto y = standard_score(table{{1}, {2}, {4}, {8}})(table{{1}, {2}, {4}, {8}});
    const table numpy{{-1.025755289064345}, {-0.6527533657682196}, {0.09325048082403138}, {1.5852581740085334}};
    CHECK(support::difference(y, numpy) < 1e-15);
}

TEST_CASE("min_max, standard_score: any columns, and there and back") {
    const auto check = []<class T>(T) {
        using X = gr::tensor<T, 2>;
        auto x = support::draw<X>({301, 5}, 9);
        for (std::size_t n = 0; n < 301; ++n)
            for (std::size_t d = 0; d < 5; ++d) x(n, d) = x(n, d) * static_cast<T>(d + 1) + static_cast<T>(3 * d);
        const auto scale = standard_score(x);
        const auto y = scale(x);
        for (std::size_t d = 0; d < 5; ++d) {
            double sum = 0, squares = 0;
            for (std::size_t n = 0; n < 301; ++n) sum += y(n, d), squares += static_cast<double>(y(n, d)) * y(n, d);
            CHECK(std::abs(sum / 301) < support::tolerance<T>());
            CHECK(std::abs(squares / 301 - 1) < support::tolerance<T>());
        }
        CHECK(support::difference(scale.inverse(y), x) < support::tolerance<T>());
        const auto z = min_max(x)(x);
        const auto [low, high] = std::minmax_element(z.begin(), z.end());
        CHECK(*low == 0);
        CHECK(*high == 1);
        CHECK(support::difference(min_max(x, -3, 5).inverse(min_max(x, -3, 5)(x)), x) < support::tolerance<T>());
    };
    check(0.0f), check(0.0);
}

TEST_CASE("min_max, standard_score: a constant column, missing values, and images") {
    const table x{{0.1, 1}, {0.1, none}, {0.1, 3}};  // the mean of three times 0.1 is not 0.1, and its σ not 0
    CHECK(min_max(x)(table{{0.1, 2}, {1.1, 3}}) == table{{0, 0.5}, {1, 1}});
    CHECK(min_max(x, 2, 4)(table{{0.1, 2}})(0, 0) == 2);
    CHECK(standard_score(x)(table{{0.1, 3}}) == table{{0, 1}});
    const auto y = standard_score(x)(x);
    CHECK(y(1, 1) != y(1, 1));
    CHECK(y(2, 1) == 1);
    const gr::tensor<float, 4> images({2, 3, 3, 2}, 4.0f);
    CHECK(standard_score(images).scale.size() == 2);
}

TEST_CASE("min_max, standard_score: columns of very small and very great numbers") {
    const auto expected = standard_score(table{{1}, {2}, {3}})(table{{1}, {2}, {3}});
    for (const double size : {1e-300, 1e-200, 1e200, 5e307}) {
        const table x{{1 * size}, {2 * size}, {3 * size}};
        CHECK(support::difference(standard_score(x)(x), expected) < 1e-15);
        CHECK(support::difference(min_max(x)(x), table{{0}, {0.5}, {1}}) < 1e-15);
    }
    const table zero{{0}, {0}};
    CHECK(standard_score(zero)(zero) == zero);
    const gr::tensor<float, 2> y{{-1.5e38f}, {1.5e38f}};
    CHECK(standard_score(y)(y) == gr::tensor<float, 2>{{-1}, {1}});
}

TEST_CASE("min_max, standard_score: what cannot be fitted, and what does not fit") {
    CHECK(message_of([] { (void)min_max(table{{none}, {none}}); }) == "min_max: column 0 has no value to learn from");
    CHECK(message_of([] { (void)standard_score(table({0, 2})); }) == "standard_score: column 0 has no value to learn from");
    CHECK(message_of([] { (void)standard_score(table{{1, 2}, {3, inf}}); }) ==
          "standard_score: column 1 goes from 2 to inf, which has no scale in double");
    CHECK(message_of([] { (void)min_max(table{{-1.7e308}, {1.7e308}}); }) ==
          "min_max: column 0 goes from -1.7e+308 to 1.7e+308, which has no scale in double");
    CHECK(message_of([] { (void)min_max(table{{1}}, 1, 1); }) == "min_max: from 1 to 1 is no range");
    CHECK(message_of([] { (void)min_max(table{{1}}, -1, inf); }) == "min_max: from -1 to inf is no range");
    CHECK(message_of([] { (void)min_max(gr::tensor<float, 2>{{1, -3e38f}, {1, 3e38f}, {2, 0}}); }) ==
          "min_max: column 1 goes from -3e+38 to 3e+38, which has no scale in float");
    CHECK(message_of([] { (void)min_max(gr::tensor<float, 2>{{0}, {1e-45f}}, 0, 10); }) ==
          "min_max: column 0 goes from 0 to 1.4013e-45, which has no scale in float");
    CHECK(message_of([] { (void)min_max(table{{1, 2}})(table{{1}}); }) == "min_max: it was fitted to 2 columns, got (1, 1)");
    CHECK(message_of([] { (void)standard_score(table{{1, 2}}).inverse(table{{1, 2, 3}}); }) ==
          "standard_score: it was fitted to 2 columns, got (1, 3)");
}
