#include "gradus/losses/cross_entropy.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;
using labels = gr::tensor<std::int32_t, 1>;

TEST_CASE("cross_entropy.forward, cross_entropy.backward: by hand") {
    const matrix z{{std::log(1.0), std::log(2.0), std::log(5.0)}, {0, 0, 0}};  // p = 1/8 2/8 5/8 and 1/3 1/3 1/3
    const labels y{1, 2};
    CHECK(gr::cross_entropy{}.value(z, y) == doctest::Approx((std::log(4.0) + std::log(3.0)) / 2));  // −(log 2/8 + log 1/3) / 2
    const matrix expected{{1.0 / 16, -3.0 / 8, 5.0 / 16}, {1.0 / 6, 1.0 / 6, -1.0 / 3}};              // (p − onehot(y)) / 2
    CHECK(support::difference(gr::cross_entropy{}.gradient(z, y), expected) <= 1e-15);
}
TEST_CASE("cross_entropy.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::cross_entropy{});
}
TEST_CASE("cross_entropy.forward, cross_entropy.backward: PyTorch's values") {
    support::equals_pytorch(gr::cross_entropy{}, "y_hat", "labels");
}
TEST_CASE_TEMPLATE("cross_entropy.forward: shards add up", T, float, double) { support::shards_add_up<gr::cross_entropy, T>(gr::cross_entropy{}); }
TEST_CASE_TEMPLATE("cross_entropy.forward, cross_entropy.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::cross_entropy{}, gr::reference::cross_entropy<T, std::int32_t, 2>);
}
TEST_CASE("cross_entropy: what it says to shapes, masks and weights that do not fit") {
    support::refuses_what_does_not_fit(gr::cross_entropy{});
}
TEST_CASE("cross_entropy.weighted_forward, cross_entropy.weighted_backward: by hand") {
    const matrix z{{std::log(1.0), std::log(3.0)}, {0, 0}};  // p = ¼ ¾ and ½ ½
    const labels y{0, 1};
    const gr::cross_entropy weighted{.class_weights = {3, 1}};
    CHECK(weighted.value(z, y) == doctest::Approx((3 * std::log(4.0) + std::log(2.0)) / (3 + 1)));
    CHECK(support::difference(weighted.gradient(z, y), matrix{{-9.0 / 16, 9.0 / 16}, {1.0 / 8, -1.0 / 8}}) <= 1e-15);
    const gr::cross_entropy smooth{.label_smoothing = 0.5};  // q = ¾ ¼ and ¼ ¾
    CHECK(smooth.value(z, y) == doctest::Approx((0.75 * std::log(4.0) + 0.25 * std::log(4.0 / 3) + std::log(2.0)) / 2));
    CHECK(support::difference(smooth.gradient(z, y), matrix{{-0.25, 0.25}, {0.125, -0.125}}) <= 1e-15);  // (p − q) / 2
    CHECK(support::message_of([&] { (void)gr::cross_entropy{.class_weights = {1, 0}}.value(z, labels{1, 1}); }) ==
          "cross_entropy: the weights of the rows of ŷ (2, 2) sum to 0");
}
TEST_CASE("cross_entropy.weighted_forward, cross_entropy.weighted_backward: class weights and smoothed labels: PyTorch's values") {
    support::equals_pytorch(gr::cross_entropy{.class_weights = {0.5, 2, 1, 0, 3, 0.25, 1.5}, .label_smoothing = 0.1}, "y_hat", "labels", "_options");
}
TEST_CASE("cross_entropy.weighted_forward, cross_entropy.weighted_backward: class weights and smoothed labels: slopes, shards") {
    const gr::cross_entropy loss{.class_weights = {0.5, 2, 1, 0, 3}, .label_smoothing = 0.2};
    support::follows_central_differences(loss);
    support::shards_add_up<gr::cross_entropy, double>(loss);
    support::shards_add_up<gr::cross_entropy, float>(loss);
}
TEST_CASE("cross_entropy: class weights and smoothing that are none") {
    const auto p = support::draw_prediction<gr::cross_entropy, double, 2>({2, 3}, 1);
    const auto y = support::draw_target<gr::cross_entropy, double, 2>({2, 3}, 2);
    const auto said = [&](const gr::cross_entropy& loss) { return support::message_of([&] { (void)loss.value(p, y); }); };
    CHECK(said({.class_weights = {1, 2}}) == "cross_entropy: got 2 class weights for 3 classes");
    CHECK(said({.class_weights = {1, -2, 1}}) == "cross_entropy: weight -2 of class 1 is not a finite number of at least 0");
    CHECK(said({.label_smoothing = 1}) == "cross_entropy: label_smoothing must be in [0, 1), got 1");
    CHECK(said({.label_smoothing = -0.5}) == "cross_entropy: label_smoothing must be in [0, 1), got -0.5");
}
TEST_CASE_TEMPLATE("cross_entropy.forward, cross_entropy.backward: right and wrong by 10^4", T, float, double) {
    const gr::tensor<T, 2> z{{T(1e4), T(-1e4), 0}, {T(1e4), T(-1e4), 0}};
    CHECK(gr::cross_entropy{}.value(z, labels{0, 1}) == doctest::Approx(10000));  // (0 + 2 · 10⁴) / 2
    CHECK(support::same(gr::cross_entropy{}.gradient(z, labels{0, 1}), gr::tensor<T, 2>{{0, 0, 0}, {T(0.5), T(-0.5), 0}}));
}
TEST_CASE("cross_entropy.forward: labels of any integer type; those that the mask leaves out may be anything") {
    const matrix z{{1, 2, 3}, {3, 2, 1}};
    const double expected = gr::cross_entropy{}.value(z, labels{2, 1});
    CHECK(gr::cross_entropy{}.value(z, gr::tensor<std::uint8_t, 1>{2, 1}) == expected);
    CHECK(gr::cross_entropy{}.value(z, gr::tensor<std::int64_t, 1>{2, 1}) == expected);

    const gr::tensor<double, 3> sequence{{{1, 2, 3}, {7, 8, 9}}, {{3, 2, 1}, {7, 8, 9}}};
    const gr::tensor<std::int32_t, 2> padded{{2, -1}, {1, 99}};
    const gr::tensor<bool, 2> mask{{true, false}, {true, false}};
    CHECK(gr::cross_entropy{}.value(sequence, padded, {0, &mask}) == doctest::Approx(expected));
    const auto dz = gr::cross_entropy{}.gradient(sequence, padded, {0, &mask});
    CHECK(dz(0, 1, 0) == 0);
    CHECK(dz(1, 1, 2) == 0);
}
TEST_CASE("cross_entropy.correct: rows whose label is the most probable class; ties go to the first") {
    CHECK(gr::cross_entropy{}.correct(matrix{{1, 2, 3}, {3, 2, 1}, {2, 2, 1}}, labels{2, 1, 0}) == 2);
}
TEST_CASE("cross_entropy.correct, dense_cross_entropy.correct: a right row that the mask leaves out does not count") {
    const gr::tensor<double, 3> z{{{1, 2}, {3, 0}}, {{0, 1}, {2, 0}}}, y{{{0, 1}, {1, 0}}, {{0, 1}, {0, 1}}};
    const gr::tensor<std::int32_t, 2> label{{1, 0}, {1, 1}};  // right, right; right, wrong
    const gr::tensor<bool, 2> mask{{true, false}, {true, true}};
    CHECK(gr::cross_entropy{}.correct(z, label) == 3);
    CHECK(gr::cross_entropy{}.correct(z, label, {0, &mask}) == 2);
    CHECK(gr::dense_cross_entropy{}.correct(z, y) == 3);
    CHECK(gr::dense_cross_entropy{}.correct(z, y, {0, &mask}) == 2);
}
TEST_CASE("cross_entropy: what it says to labels of another shape or out of range") {
    const matrix z({4, 3}, 0.0);
    CHECK(support::message_of([&] { (void)gr::cross_entropy{}.value(z, labels{0, 1, 2}); }) ==
          "cross_entropy: needs one label per row of the prediction (4, 3), got (3)");
    CHECK(support::message_of([&] { (void)gr::cross_entropy{}.value(z, labels{0, 1, 2, 3}); }) ==
          "cross_entropy: label 3 of row 3 is not one of 3 classes, counted from 0");
    CHECK(support::message_of([&] { (void)gr::cross_entropy{}.value(z, labels{0, -1, 2, 0}); }) ==
          "cross_entropy: label -1 of row 1 is not one of 3 classes, counted from 0");
    CHECK_THROWS_AS((void)gr::cross_entropy{}.value(z, labels{0, 1, 2, 3}), gr::data_error);
    CHECK_THROWS_AS((void)gr::cross_entropy{}.value(z, labels{0, 1}), gr::shape_error);
}
TEST_CASE("cross_entropy: what its backward says without its forward, and to other labels than it was given") {
    const matrix z({4, 3}, 0.0);
    gr::cross_entropy::cache<matrix> c;
    CHECK(support::message_of([&] { (void)gr::cross_entropy{}.backward(z, labels{0, 1, 2, 0}, c); }) ==
          "cross_entropy: backward needs the forward of the same ŷ before it, (4, 3)");
    (void)gr::cross_entropy{}.forward(z, labels{0, 1, 2, 0}, c);
    CHECK(support::message_of([&] { (void)gr::cross_entropy{}.backward(z, labels{0, 1, 2, 9}, c); }) ==
          "cross_entropy: label 9 of row 3 is not one of 3 classes, counted from 0");
}
TEST_CASE("cross_entropy: each backward needs a forward of its own, for it writes over the probabilities") {
    const matrix z({2, 3}, 0.0);
    gr::cross_entropy::cache<matrix> c;
    (void)gr::cross_entropy{}.forward(z, labels{0, 1}, c);
    (void)gr::cross_entropy{}.backward(z, labels{0, 1}, c);
    CHECK(support::message_of([&] { (void)gr::cross_entropy{}.backward(z, labels{0, 1}, c); }) ==
          "cross_entropy: backward needs the forward of the same ŷ before it, (2, 3)");
}

TEST_CASE("dense_cross_entropy.forward, dense_cross_entropy.backward: by hand") {
    const matrix z{{std::log(1.0), std::log(3.0)}, {0, 0}}, y{{0.5, 0.5}, {1, 0}};  // p = ¼ ¾ and ½ ½
    CHECK(gr::dense_cross_entropy{}.value(z, y) ==
          doctest::Approx((0.5 * std::log(4.0) + 0.5 * std::log(4.0 / 3) + std::log(2.0)) / 2));
    CHECK(support::difference(gr::dense_cross_entropy{}.gradient(z, y), matrix{{-0.125, 0.125}, {-0.25, 0.25}}) <= 1e-15);
}
TEST_CASE("dense_cross_entropy.forward, dense_cross_entropy.backward: one-hot targets may be integers") {
    const matrix z{{1, 2, 4}, {3, -1, 0}}, y{{0, 0, 1}, {1, 0, 0}};
    const gr::tensor<std::int32_t, 2> whole{{0, 0, 1}, {1, 0, 0}};
    const gr::dense_cross_entropy loss;
    CHECK(loss.value(z, whole) == loss.value(z, y));
    CHECK(support::same(loss.gradient(z, whole), loss.gradient(z, y)));
    CHECK(loss.correct(z, whole) == 2);
}
TEST_CASE("dense_cross_entropy.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::dense_cross_entropy{});
}
TEST_CASE("dense_cross_entropy.forward, dense_cross_entropy.backward: PyTorch's values") {
    support::equals_pytorch(gr::dense_cross_entropy{}, "y_hat", "p");
}
TEST_CASE_TEMPLATE("dense_cross_entropy.forward: shards add up", T, float, double) { support::shards_add_up<gr::dense_cross_entropy, T>(gr::dense_cross_entropy{}); }
TEST_CASE_TEMPLATE("dense_cross_entropy.forward, dense_cross_entropy.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::dense_cross_entropy{}, gr::reference::dense_cross_entropy<T, 2>);
}
TEST_CASE_TEMPLATE("dense_cross_entropy.forward, dense_cross_entropy.backward: finite", T, float, double) {
    support::is_finite<T>(gr::dense_cross_entropy{}, {-1e4, -100, 0, 100, 1e4}, {0, 0.5, 1});
}
TEST_CASE("dense_cross_entropy: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::dense_cross_entropy{});
}
TEST_CASE("dense_cross_entropy.forward, dense_cross_entropy.backward: class weights and smoothed labels: PyTorch's values") {
    support::equals_pytorch(gr::dense_cross_entropy{.class_weights = {0.5, 2, 1, 0, 3, 0.25, 1.5}, .label_smoothing = 0.1}, "y_hat", "p", "_options");
}
TEST_CASE("dense_cross_entropy.forward, dense_cross_entropy.backward: class weights and smoothed labels: slopes, shards") {
    const gr::dense_cross_entropy loss{.class_weights = {0.5, 2, 1, 0, 3}, .label_smoothing = 0.2};
    support::follows_central_differences(loss);
    support::shards_add_up<gr::dense_cross_entropy, double>(loss);
    support::shards_add_up<gr::dense_cross_entropy, float>(loss);
}
TEST_CASE("dense_cross_entropy: class weights and smoothing that are none") {
    const auto p = support::draw_prediction<gr::dense_cross_entropy, double, 2>({2, 3}, 1);
    const auto y = support::draw_target<gr::dense_cross_entropy, double, 2>({2, 3}, 2);
    const auto said = [&](const gr::dense_cross_entropy& loss) { return support::message_of([&] { (void)loss.value(p, y); }); };
    CHECK(said({.class_weights = {1, 2}}) == "dense_cross_entropy: got 2 class weights for 3 classes");
    CHECK(said({.class_weights = {1, -2, 1}}) == "dense_cross_entropy: weight -2 of class 1 is not a finite number of at least 0");
    CHECK(said({.label_smoothing = 1}) == "dense_cross_entropy: label_smoothing must be in [0, 1), got 1");
    CHECK(said({.label_smoothing = -0.5}) == "dense_cross_entropy: label_smoothing must be in [0, 1), got -0.5");
}
TEST_CASE("dense_cross_entropy.forward, dense_cross_entropy.backward: one-hot targets are labels") {
    const matrix z{{1, 2, 3}, {-1e4, 1e4, 0}}, y{{0, 1, 0}, {1, 0, 0}};
    const gr::cross_entropy labelled{.label_smoothing = 0.1};
    const gr::dense_cross_entropy dense{.label_smoothing = 0.1};
    CHECK(dense.value(z, y) == doctest::Approx(labelled.value(z, labels{1, 0})));
    CHECK(support::difference(dense.gradient(z, y), labelled.gradient(z, labels{1, 0})) <= 1e-15);
    CHECK(dense.correct(z, y) == 0);
    CHECK(dense.correct(z, matrix{{0, 0, 1}, {1, 0, 0}}) == 1);
}
TEST_CASE("dense_cross_entropy: a target is a probability") {
    CHECK(support::message_of([&] { (void)gr::dense_cross_entropy{}.value(matrix{{1, 2}}, matrix{{0, 7}}); }) ==
          "dense_cross_entropy: target 7 of element 1 is not in [0, 1]");
}
