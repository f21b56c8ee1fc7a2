#include "gradus/images/threshold.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "gradus/base/random.hpp"
#include "gradus/reference/threshold.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using gr::data::otsu;
using gr::data::threshold;
using cut = gr::data::threshold_type;
using bytes = gr::tensor<std::uint8_t, 1>;
using image = gr::tensor<std::uint8_t, 2>;

namespace {

/// Grays around two means, drawn.
image two_grays(std::uint64_t key, double low, double high, double deviation) {
    image x({40, 50});
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double gray = (gr::random::uniform(key, i, 1) < 0.3 ? high : low) + deviation * gr::random::normal(key, i);
        x.data()[i] = static_cast<std::uint8_t>(std::clamp(gray, 0.0, 255.0));
    }
    return x;
}

}  // namespace

TEST_CASE("threshold.binary, threshold.binary_inv, threshold.trunc, threshold.tozero, threshold.tozero_inv: by hand") {
    const bytes x{0, 127, 128, 129, 255};
    CHECK(threshold(x, 128) == bytes{0, 0, 0, 255, 255});  // the document's line: 128 itself is not above 128
    CHECK(threshold(x, 128, 200, cut::binary) == bytes{0, 0, 0, 200, 200});
    CHECK(threshold(x, 128, 200, cut::binary_inv) == bytes{200, 200, 200, 0, 0});
    CHECK(threshold(x, 128, 200, cut::trunc) == bytes{0, 127, 128, 128, 128});
    CHECK(threshold(x, 128, 200, cut::tozero) == bytes{0, 0, 0, 129, 255});
    CHECK(threshold(x, 128, 200, cut::tozero_inv) == bytes{0, 127, 128, 0, 0});

    const gr::tensor<float, 2> y{{-1, 0.25f}, {0.5f, 3}};
    CHECK(threshold(y, 0.25, 1) == gr::tensor<float, 2>{{0, 0}, {1, 1}});
    CHECK(threshold(y, 0.25, 1, cut::binary_inv) == gr::tensor<float, 2>{{1, 1}, {0, 0}});
    CHECK(threshold(y, 0.25, 1, cut::trunc) == gr::tensor<float, 2>{{-1, 0.25f}, {0.25f, 0.25f}});
    CHECK(threshold(y, 0.25, 1, cut::tozero) == gr::tensor<float, 2>{{0, 0}, {0.5f, 3}});
    CHECK(threshold(y, 0.25, 1, cut::tozero_inv) == gr::tensor<float, 2>{{-1, 0.25f}, {0, 0}});
    CHECK(threshold(gr::tensor<double, 1>{-2, -1, 1e300}, -1.5, 1e300) == gr::tensor<double, 1>{0, 1e300, 1e300});
}

TEST_CASE("threshold.binary, threshold.binary_inv, threshold.trunc, threshold.tozero, threshold.tozero_inv: the twins agree") {
    namespace book = gr::reference;
    const auto check = [](const auto& x, auto t, auto m) {
        CHECK(threshold(x, t, m, cut::binary) == book::threshold_binary(x, t, m));
        CHECK(threshold(x, t, m, cut::binary_inv) == book::threshold_binary_inv(x, t, m));
        CHECK(threshold(x, t, m, cut::trunc) == book::threshold_trunc(x, t));
        CHECK(threshold(x, t, m, cut::tozero) == book::threshold_tozero(x, t));
        CHECK(threshold(x, t, m, cut::tozero_inv) == book::threshold_tozero_inv(x, t));
    };
    const auto x = two_grays(3, 60, 180, 40);
    for (int t = 0; t < 256; t += 15) check(x, static_cast<std::uint8_t>(t), std::uint8_t{77});
    check(support::draw<gr::tensor<float, 2>>({9, 11}, 1), 0.1f, 0.7f);
    check(support::draw<gr::tensor<double, 3>>({3, 5, 7}, 2), -0.2, 3.0);
}

TEST_CASE("threshold: thresholds and maxima that are no bytes, as OpenCV treats them") {
    const bytes x{0, 1, 128, 255};
    CHECK(threshold(x, 127.9) == threshold(x, 127));  // rounded down
    CHECK(threshold(x, 128.9, 255) == bytes{0, 0, 0, 255});
    CHECK(threshold(x, 0, 2.5) == bytes{0, 2, 2, 2});  // rounded to the nearest, halves to even
    CHECK(threshold(x, 0, 3.5) == bytes{0, 4, 4, 4});
    CHECK(threshold(x, 0, 1000) == bytes{0, 255, 255, 255});
    CHECK(threshold(x, 0, -3) == bytes{0, 0, 0, 0});
    for (const double below : {-0.5, -7.0, -std::numeric_limits<double>::infinity()}) {  // every pixel is above
        CHECK(threshold(x, below, 9, cut::binary) == bytes{9, 9, 9, 9});
        CHECK(threshold(x, below, 9, cut::binary_inv) == bytes{0, 0, 0, 0});
        CHECK(threshold(x, below, 9, cut::trunc) == bytes{0, 0, 0, 0});
        CHECK(threshold(x, below, 9, cut::tozero) == x);
        CHECK(threshold(x, below, 9, cut::tozero_inv) == bytes{0, 0, 0, 0});
    }
    for (const double above : {255.0, 256.0, 1e9}) {  // none is
        CHECK(threshold(x, above, 9, cut::binary) == bytes{0, 0, 0, 0});
        CHECK(threshold(x, above, 9, cut::binary_inv) == bytes{9, 9, 9, 9});
        CHECK(threshold(x, above, 9, cut::trunc) == x);
        CHECK(threshold(x, above, 9, cut::tozero) == bytes{0, 0, 0, 0});
        CHECK(threshold(x, above, 9, cut::tozero_inv) == x);
    }
    CHECK(threshold(bytes::from_shape({0}), 1).size() == 0);
}

TEST_CASE("threshold: what is no number") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const gr::tensor<double, 1> x{nan, 1};
    CHECK(threshold(x, 0, 5) == gr::tensor<double, 1>{0, 5});
    CHECK(support::message_of([&] { (void)threshold(x, nan); }) == "threshold: the threshold or the maximum is NaN");
    CHECK(support::message_of([&] { (void)threshold(x, 0, nan); }) == "threshold: the threshold or the maximum is NaN");
}

TEST_CASE("otsu: by hand") {
    // {1, 1, 2, 9, 10}: up to 1: 2/5 · 3/5 · (1 − 7)² = 8.64, up to 2: 3/5 · 2/5 · (4/3 − 19/2)² = 16.0, up to 9: 7.29.
    CHECK(otsu(bytes{1, 9, 1, 10, 2}) == 2);
    CHECK(otsu(bytes{0, 255}) == 0);  // any threshold from 0 to 254 cuts them alike: the least
    CHECK(otsu(bytes{7, 7, 7}) == 0);  // one gray
    CHECK(threshold(bytes{1, 9, 1, 10, 2}, otsu(bytes{1, 9, 1, 10, 2})) == bytes{0, 255, 0, 255, 0});
    CHECK(support::message_of([] { (void)otsu(image({0, 7})); }) == "otsu: an image of (0, 7) has no pixels");
}

TEST_CASE("otsu: as all 256 thresholds tried on every pixel") {
    for (std::uint64_t key = 0; key < 40; ++key) {
        const double low = 10 + 5 * static_cast<double>(key), deviation = 1 + static_cast<double>(key % 7) * 8;
        const auto x = two_grays(key, low, low + 60, deviation);
        CHECK(otsu(x) == gr::reference::otsu(x));
    }
    image noise({16, 16});
    for (std::size_t i = 0; i < noise.size(); ++i) noise.data()[i] = static_cast<std::uint8_t>(gr::random::bits(5, i));
    CHECK(otsu(noise) == gr::reference::otsu(noise));
}
