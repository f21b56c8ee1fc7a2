#include "gradus/metrics/language.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "../support/close.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using support::message_of;
using labels = gr::tensor<std::int32_t, 2>;

TEST_CASE("metric.perplexity, metric.bits_per_character: by hand") {
    CHECK(gr::perplexity(0) == 1);
    CHECK(gr::perplexity(std::log(65)) == doctest::Approx(65).epsilon(1e-14));  // a guess among 65
    CHECK(gr::bits_per_character(0) == 0);
    CHECK(gr::bits_per_character(std::log(65)) == doctest::Approx(std::log2(65)).epsilon(1e-14));
    CHECK(gr::perplexity(std::numeric_limits<double>::infinity()) == std::numeric_limits<double>::infinity());
    const gr::tensor<double, 2> logits{{0, 0, 0, 0}, {0, 0, 0, std::log(5)}};  // p = ¼, then 5/8
    const gr::tensor<std::int32_t, 1> y{2, 3};
    CHECK(gr::perplexity(y, logits) == doctest::Approx(std::sqrt(4 * 8 / 5.)).epsilon(1e-14));
    CHECK(gr::bits_per_character(y, logits) == doctest::Approx((2 + std::log2(8 / 5.)) / 2).epsilon(1e-14));
}

TEST_CASE_TEMPLATE("metric.perplexity, metric.bits_per_character: PyTorch's values, with and without mask", T, float, double) {
    const auto y_hat = support::pytorch<gr::tensor<T, 3>>("text/y_hat");
    const auto y = support::stored("text/labels").to<labels>();
    gr::tensor<bool, 2> mask({3, 5});
    const auto stored = support::pytorch<gr::tensor<double, 2>>("text/mask");
    for (std::size_t i = 0; i < 15; ++i) mask.data()[i] = stored.data()[i] == 1;
    const double tolerance = support::tolerance<T>(7);
    CHECK(support::difference(gr::perplexity(y, y_hat), support::pytorch_number("text/perplexity")) < tolerance);
    CHECK(support::difference(gr::perplexity(y, y_hat, &mask), support::pytorch_number("text/perplexity.mask")) < tolerance);
    CHECK(support::difference(gr::bits_per_character(y, y_hat), support::pytorch_number("text/bits")) < tolerance);
    CHECK(support::difference(gr::bits_per_character(y, y_hat, &mask), support::pytorch_number("text/bits.mask")) < tolerance);
}

TEST_CASE("metric.perplexity, metric.bits_per_character: bad input") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of([&] { (void)gr::perplexity(nan); }) == "perplexity: J must be 0 nats or more, got nan");
    CHECK(message_of([] { (void)gr::bits_per_character(-0.5); }) ==
          "bits_per_character: J must be 0 nats or more, got -0.5");
    const gr::tensor<float, 3> y_hat({2, 3, 4}, 0.0f);
    CHECK(message_of([&] { (void)gr::perplexity(labels({2, 4}, 0), y_hat); }) ==
          "cross_entropy: needs one label per row of the prediction (2, 3, 4), got (2, 4)");
    CHECK(message_of([&] { (void)gr::perplexity(labels({2, 3}, 4), y_hat); }) ==
          "cross_entropy: label 4 of row 0 is not one of 4 classes, counted from 0");
    const gr::tensor<bool, 2> other({2, 4}, true), none({2, 3}, false);
    CHECK(message_of([&] { (void)gr::bits_per_character(labels({2, 3}, 0), y_hat, &other); }) ==
          "cross_entropy: the mask has (2, 4) entries, ŷ is (2, 3, 4)");
    CHECK(message_of([&] { (void)gr::perplexity(labels({2, 3}, 0), y_hat, &none); }) ==
          "cross_entropy: the mask leaves no row of ŷ (2, 3, 4) to count");
}
