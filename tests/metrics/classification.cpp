#include "gradus/metrics/classification.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "gradus/data/memory.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "gradus/reference/metrics.hpp"

namespace gr = gradus;
using gr::average;
using support::message_of;
using labels = gr::tensor<std::int32_t, 1>;
using vector = gr::tensor<double, 1>;
using matrix = gr::tensor<double, 2>;
using counts = gr::tensor<std::size_t, 2>;
using doctest::Approx;

namespace {

/// Three classes, of which 2 is never predicted.
const labels truth{0, 0, 0, 1, 1, 2}, guess{0, 0, 1, 1, 0, 1};

labels stored_labels(const std::string& name) { return support::stored("metrics/" + name).to<labels>(); }
double number(const std::string& name) { return support::pytorch_number("metrics/" + name); }

}  // namespace

TEST_CASE("metric.confusion: by hand, true class by predicted class, of any rank") {
    CHECK(gr::confusion(truth, guess, 3) == counts{{2, 1, 0}, {1, 1, 0}, {0, 1, 0}});
    CHECK(gr::confusion(gr::tensor<std::int32_t, 2>{{0, 1}, {1, 1}}, gr::tensor<std::uint8_t, 2>{{0, 0}, {1, 1}}, 2) ==
          counts{{1, 0}, {1, 2}});
}
TEST_CASE("metric.confusion: bad input") {
    CHECK(message_of([] { (void)gr::confusion(truth, labels{0}, 3); }) ==
          "confusion: y is (6), ŷ is (1): the shapes must be the same, and not empty");
    CHECK(message_of([] { (void)gr::confusion(labels{}, labels{}, 3); }) ==
          "confusion: y is (0), ŷ is (0): the shapes must be the same, and not empty");
    CHECK(message_of([] { (void)gr::confusion(truth, guess, 2); }) ==
          "confusion: label 5 is 2, not one of 2 classes, counted from 0");
    CHECK(message_of([] { (void)gr::confusion(labels{0, 1}, labels{0, -1}, 2); }) ==
          "confusion: prediction 1 is -1, not one of 2 classes, counted from 0");
}

TEST_CASE("metric.precision, metric.recall, metric.f_score: by hand, each class; 0/0 is 0") {
    const auto m = gr::per_class(gr::confusion(truth, guess, 3));
    CHECK(support::difference(gr::data::from_memory(m.precision), vector{2. / 3, 1. / 3, 0}) < 1e-15);
    CHECK(support::difference(gr::data::from_memory(m.recall), vector{2. / 3, 1. / 2, 0}) < 1e-15);
    CHECK(support::difference(gr::data::from_memory(m.f1), vector{2. / 3, 2. / 5, 0}) < 1e-15);
    CHECK(m.support == std::vector<std::size_t>{3, 2, 1});
}
TEST_CASE("metric.average: by hand, from labels or from their confusion matrix") {
    const counts C = gr::confusion(truth, guess, 3);
    CHECK(gr::precision(C, average::macro) == Approx(1. / 3));
    CHECK(gr::precision(C, average::micro) == Approx(1. / 2));                     // accuracy
    CHECK(gr::precision(C, average::weighted) == Approx((3 * 2. / 3 + 2 * 1. / 3) / 6));
    CHECK(gr::recall(C, average::macro) == Approx((2. / 3 + 1. / 2) / 3));
    CHECK(gr::recall(C, average::weighted) == Approx(1. / 2));                     // accuracy too
    CHECK(gr::f1(C, average::macro) == Approx((2. / 3 + 2. / 5) / 3));
    CHECK(gr::f1(C, average::micro) == Approx(1. / 2));
    CHECK(gr::precision(truth, guess, 3, average::macro) == gr::precision(C, average::macro));
    CHECK(gr::recall(truth, guess, 3, average::macro) == gr::recall(C, average::macro));
    CHECK(gr::f1(truth, guess, 3, average::macro) == gr::f1(C, average::macro));
    const counts two{{5, 1}, {2, 2}};
    CHECK(gr::precision(two, average::binary) == Approx(2. / 3));
    CHECK(gr::recall(two, average::binary) == Approx(2. / 4));
    CHECK(gr::f1(two, average::binary) == Approx(4. / 7));
}
TEST_CASE("metric.precision, metric.recall, metric.f_score, metric.average: counted by masks, and by the twin") {
    const labels y = stored_labels("labels"), y_hat = stored_labels("predicted");
    const counts C = gr::confusion(y, y_hat, 6);
    CHECK(support::difference(C, support::pytorch<matrix>("metrics/confusion")) == 0);
    const auto m = gr::per_class(C);
    CHECK(support::difference(gr::data::from_memory(m.precision), support::pytorch<vector>("metrics/precision")) <= 1e-12);
    CHECK(support::difference(gr::data::from_memory(m.recall), support::pytorch<vector>("metrics/recall")) <= 1e-12);
    CHECK(support::difference(gr::data::from_memory(m.f1), support::pytorch<vector>("metrics/f1")) <= 1e-12);
    using named = std::pair<average, std::string>;
    for (const auto& [how, name] :
         {named(average::macro, "macro"), named(average::micro, "micro"), named(average::weighted, "weighted")}) {
        CHECK(support::difference(gr::precision(C, how), number("precision." + name)) <= 1e-12);
        CHECK(support::difference(gr::recall(C, how), number("recall." + name)) <= 1e-12);
        CHECK(support::difference(gr::f1(C, how), number("f1." + name)) <= 1e-12);
    }
    for (std::int32_t k = 0; k < 6; ++k) {
        const auto at = static_cast<std::size_t>(k);
        CHECK(support::difference(m.precision[at], gr::reference::precision(y, y_hat, k)) <= 1e-12);
        CHECK(support::difference(m.recall[at], gr::reference::recall(y, y_hat, k)) <= 1e-12);
        CHECK(support::difference(m.f1[at], gr::reference::f1(y, y_hat, k)) <= 1e-12);
    }
}
TEST_CASE("metric.average: bad input") {
    CHECK(message_of([] { (void)gr::f1(counts({2, 3}, std::size_t(1)), average::macro); }) ==
          "f1: the confusion matrix is (2, 3) and counts 6 samples: it must be square, and not empty");
    CHECK(message_of([] { (void)gr::per_class(counts({2, 2}, std::size_t(0))); }) ==
          "per_class: the confusion matrix is (2, 2) and counts 0 samples: it must be square, and not empty");
    CHECK(message_of([] { (void)gr::recall(truth, guess, 3, average::binary); }) ==
          "recall: average::binary is of 2 classes, got 3");
}

TEST_CASE("metric.matthews: by hand, the twin of two classes, one-hot covariances") {
    const labels y{1, 1, 1, 0, 0, 0, 0}, y_hat{1, 1, 0, 0, 0, 0, 1};  // TP 2, FN 1, TN 3, FP 1
    CHECK(gr::matthews(gr::confusion(y, y_hat, 2)) == Approx((2 * 3 - 1 * 1) / std::sqrt(3. * 3 * 4 * 4)));
    CHECK(gr::matthews(gr::confusion(y, y_hat, 2)) == Approx(gr::reference::matthews(y, y_hat)));
    CHECK(gr::matthews(gr::confusion(y, y, 2)) == Approx(1));
    CHECK(gr::matthews(counts{{3, 0}, {2, 0}}) == 0);  // 0/0: one class is all that is ever said
    const counts C = gr::confusion(stored_labels("labels"), stored_labels("predicted"), 6);
    CHECK(support::difference(gr::matthews(C), number("matthews")) <= 1e-12);
    CHECK(message_of([] { (void)gr::matthews(counts({2, 2}, std::size_t(0))); }) ==
          "matthews: the confusion matrix is (2, 2) and counts 0 samples: it must be square, and not empty");
}

TEST_CASE("metric.binary_accuracy: by hand, numpy") {
    CHECK(gr::binary_accuracy(labels{1, 0, 1, 0}, gr::tensor<float, 1>{0.5f, 0.4f, 0.2f, 0.1f}) == 0.75);
    CHECK(gr::binary_accuracy(labels{1, 0, 1, 0}, matrix{{0.5}, {0.4}, {0.2}, {0.1}}) == 0.75);         // a column
    CHECK(gr::binary_accuracy(matrix{{1, 0}, {1, 0}}, matrix{{2, -1}, {-1, 0}}, 0) == 0.5);             // logits
    const auto p = support::pytorch<vector>("metrics/p");
    CHECK(gr::binary_accuracy(stored_labels("target"), p) == number("binary_accuracy"));
}
TEST_CASE("metric.binary_accuracy: bad input") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of([] { (void)gr::binary_accuracy(labels{1, 0}, vector{0.5}); }) ==
          "binary_accuracy: y is (2), ŷ is (1): the shapes must be the same, and not empty");
    CHECK(message_of([] { (void)gr::binary_accuracy(labels{1, 0, 0, 1}, matrix{{0, 1}, {0, 1}}); }) ==
          "binary_accuracy: y is (4), ŷ is (2, 2): the shapes must be the same, and not empty");
    CHECK(message_of([] { (void)gr::binary_accuracy(vector{1, 0.5}, vector{1, 1}); }) ==
          "binary_accuracy: target 1 is 0.5, neither 0 nor 1");
    CHECK(message_of([&] { (void)gr::binary_accuracy(labels{1, 0}, vector{1, nan}); }) ==
          "binary_accuracy: p 1 is nan");
}

TEST_CASE("metric.top_k: by hand; of equal scores the first come first") {
    const matrix scores{{0.1, 0.6, 0.3}, {0.5, 0.5, 0.5}, {0.2, 0.1, 0.7}};
    const labels y{2, 1, 2};
    CHECK(gr::top_k_accuracy(y, scores, 1) == Approx(1. / 3));
    CHECK(gr::top_k_accuracy(y, scores, 2) == 1);
    CHECK(gr::top_k_accuracy(labels{2, 2, 2}, scores, 2) == Approx(2. / 3));
    CHECK(gr::top_k_accuracy(gr::tensor<std::int32_t, 2>{{1, 0}}, gr::tensor<float, 3>{{{0, 1}, {0, 1}}}, 1) == 0.5);
}
TEST_CASE_TEMPLATE("metric.top_k: numpy, the twin with ties", T, float, double) {
    const labels y = stored_labels("labels");
    const auto scores = support::pytorch<gr::tensor<T, 2>>("metrics/scores");
    const auto expected = support::pytorch<vector>("metrics/top_k");
    gr::tensor<T, 2> coarse = scores;
    for (T& s : coarse) s = std::round(s);
    for (std::size_t k = 1; k <= 6; ++k) {
        CHECK(support::difference(gr::top_k_accuracy(y, scores, k), expected(k - 1)) <= 1e-12);
        CHECK(gr::top_k_accuracy(y, coarse, k) == gr::reference::top_k_accuracy(y, coarse, k));
    }
}
TEST_CASE("metric.top_k: bad input") {
    const matrix scores{{1, 2, 3}, {4, 5, std::numeric_limits<double>::infinity()}};
    const labels y{0, 1};
    CHECK(message_of([&] { (void)gr::top_k_accuracy(y, scores, 0); }) == "top_k_accuracy: k is 0, not one of 1 to 3");
    CHECK(message_of([&] { (void)gr::top_k_accuracy(y, scores, 4); }) == "top_k_accuracy: k is 4, not one of 1 to 3");
    CHECK(message_of([&] { (void)gr::top_k_accuracy(y, scores, 1); }) == "top_k_accuracy: score 5 is inf");
    CHECK(message_of([&] { (void)gr::top_k_accuracy(labels{3, 0}, scores, 1); }) ==
          "top_k_accuracy: label 0 is 3, not one of 3 classes, counted from 0");
    CHECK(message_of([&] { (void)gr::top_k_accuracy(labels{0}, scores, 1); }) ==
          "top_k_accuracy: labels are (1), scores are (2, 3): there must be a label for each row, and a row");
    CHECK(message_of([&] { (void)gr::top_k_accuracy(labels{}, matrix({0, 3}), 1); }) ==
          "top_k_accuracy: labels are (0), scores are (0, 3): there must be a label for each row, and a row");
}
