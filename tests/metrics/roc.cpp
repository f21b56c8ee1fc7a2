#include "gradus/metrics/roc.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "gradus/reference/metrics.hpp"

namespace gr = gradus;
using support::message_of;
using labels = gr::tensor<std::int32_t, 1>;
using vector = gr::tensor<double, 1>;
using matrix = gr::tensor<double, 2>;

TEST_CASE("metric.roc_auc: by hand; a tie counts half, a column is a vector") {
    CHECK(gr::roc_auc(labels{0, 0, 1, 1}, vector{0.1, 0.4, 0.35, 0.8}) == 0.75);  // 3 of 4 pairs
    CHECK(gr::roc_auc(labels{0, 0, 1, 1}, vector{0.1, 0.4, 0.4, 0.8}) == 0.875);  // 3 ½ of 4
    CHECK(gr::roc_auc(matrix{{0}, {1}}, gr::tensor<float, 1>{-3, 7}) == 1);       // logits
    CHECK(gr::roc_auc(vector{1, 0}, matrix{{-3}, {7}}) == 0);
    CHECK(gr::roc_auc(labels{1, 0, 1, 0, 0}, vector{2, 2, 2, 2, 2}) == 0.5);
}
TEST_CASE_TEMPLATE("metric.roc_auc: numpy's pairs, the twin's pairs", T, float, double) {
    const labels y = support::stored("metrics/target").to<labels>();
    const auto p = support::pytorch<gr::tensor<T, 1>>("metrics/p");
    CHECK(support::difference(gr::roc_auc(y, p), support::pytorch_number("metrics/roc_auc")) <= 1e-12);
    for (std::uint64_t key = 0; key < 20; ++key) {
        auto scores = support::draw<gr::tensor<T, 1>>({50}, key, -4, 4);
        labels target({50}, 0);
        for (std::size_t i = 0; i < 50; ++i) {
            target(i) = scores(i) + T(i % 7) > 2 ? 1 : 0;
            scores(i) = std::round(scores(i));
        }
        CHECK(gr::roc_auc(target, scores) == doctest::Approx(gr::reference::roc_auc(target, scores)).epsilon(1e-14));
    }
}
TEST_CASE("metric.roc_curve: by hand, from 0 to 1, a point for each distinct score") {
    const gr::roc r = gr::roc_curve(labels{0, 0, 1, 1}, vector{0.1, 0.4, 0.4, 0.8});
    CHECK(r.threshold == vector{std::numeric_limits<double>::infinity(), 0.8, 0.4, 0.1});
    CHECK(r.false_positive_rate == vector{0, 0, 0.5, 1});
    CHECK(r.true_positive_rate == vector{0, 0.5, 1, 1});
}
TEST_CASE("metric.roc_curve: numpy's points; the area below it is the AUC") {
    const labels y = support::stored("metrics/target").to<labels>();
    const auto p = support::pytorch<vector>("metrics/p");
    const gr::roc r = gr::roc_curve(y, p);
    const auto threshold = support::pytorch<vector>("metrics/roc.threshold"),
               tpr = support::pytorch<vector>("metrics/roc.true_positive_rate"),
               fpr = support::pytorch<vector>("metrics/roc.false_positive_rate");
    REQUIRE(r.threshold.size() == threshold.size() + 1);
    double area = 0;
    for (std::size_t i = 0; i < threshold.size(); ++i) {
        CHECK(r.threshold(i + 1) == threshold(i));
        CHECK(support::difference(r.true_positive_rate(i + 1), tpr(i)) <= 1e-12);
        CHECK(support::difference(r.false_positive_rate(i + 1), fpr(i)) <= 1e-12);
        area += (r.false_positive_rate(i + 1) - r.false_positive_rate(i)) *
                (r.true_positive_rate(i + 1) + r.true_positive_rate(i)) / 2;
    }
    CHECK(support::difference(area, gr::roc_auc(y, p)) <= 1e-12);
}
TEST_CASE("metric.roc_auc, metric.roc_curve: bad input") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of([] { (void)gr::roc_auc(labels{1, 1, 1}, vector{1, 2, 3}); }) ==
          "roc_auc: all 3 targets are 1: it needs both classes");
    CHECK(message_of([] { (void)gr::roc_curve(labels{0, 0}, vector{1, 2}); }) ==
          "roc_curve: all 2 targets are 0: it needs both classes");
    CHECK(message_of([] { (void)gr::roc_auc(labels{1, 0}, vector{1, 2, 3}); }) ==
          "roc_auc: y is (2), ŷ is (3): the shapes must be the same, and not empty");
    CHECK(message_of([] { (void)gr::roc_auc(labels{1, 2}, vector{1, 2}); }) ==
          "roc_auc: target 1 is 2, neither 0 nor 1");
    CHECK(message_of([&] { (void)gr::roc_auc(labels{1, 0}, vector{-nan, 2}); }) == "roc_auc: score 0 is nan");
    CHECK(message_of([] { (void)gr::roc_auc(labels{}, vector{}); }) ==
          "roc_auc: y is (0), ŷ is (0): the shapes must be the same, and not empty");
}
