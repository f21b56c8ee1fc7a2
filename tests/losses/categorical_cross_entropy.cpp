#include "gradus/losses/categorical_cross_entropy.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;
using labels = gr::tensor<std::int32_t, 1>;

TEST_CASE("categorical_cross_entropy.forward, categorical_cross_entropy.backward: by hand") {
    const matrix p{{0.25, 0.75}, {1, 1}}, y{{1, 0}, {0.5, 0.5}};  // the second row is ½ ½
    CHECK(gr::categorical_cross_entropy{}.value(p, y) == doctest::Approx((std::log(4.0) + std::log(2.0)) / 2));
    CHECK(support::difference(gr::categorical_cross_entropy{}.gradient(p, y), matrix{{-1.5, 0.5}, {0, 0}}) <= 1e-15);
}
TEST_CASE("categorical_cross_entropy.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::categorical_cross_entropy{});
}
TEST_CASE("categorical_cross_entropy.forward, categorical_cross_entropy.backward: PyTorch's values") {
    support::equals_pytorch(gr::categorical_cross_entropy{}, "p_hat", "p");
}
TEST_CASE_TEMPLATE("categorical_cross_entropy.forward: shards add up", T, float, double) { support::shards_add_up<gr::categorical_cross_entropy, T>(gr::categorical_cross_entropy{}); }
TEST_CASE_TEMPLATE("categorical_cross_entropy.forward, categorical_cross_entropy.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::categorical_cross_entropy{}, gr::reference::categorical_cross_entropy<T, 2>);
}
TEST_CASE_TEMPLATE("categorical_cross_entropy.forward, categorical_cross_entropy.backward: finite", T, float, double) {
    support::is_finite<T>(gr::categorical_cross_entropy{}, {0, 1e-30, 0.5, 1}, {0, 0.5, 1});
}
TEST_CASE("categorical_cross_entropy: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::categorical_cross_entropy{});
}
TEST_CASE("categorical_cross_entropy.forward, categorical_cross_entropy.backward: class weights and smoothed labels: PyTorch's values") {
    support::equals_pytorch(gr::categorical_cross_entropy{.class_weights = {0.5, 2, 1, 0, 3, 0.25, 1.5}, .label_smoothing = 0.1}, "p_hat", "p", "_options");
}
TEST_CASE("categorical_cross_entropy.forward, categorical_cross_entropy.backward: class weights and smoothed labels: slopes, shards") {
    const gr::categorical_cross_entropy loss{.class_weights = {0.5, 2, 1, 0, 3}, .label_smoothing = 0.2};
    support::follows_central_differences(loss);
    support::shards_add_up<gr::categorical_cross_entropy, double>(loss);
    support::shards_add_up<gr::categorical_cross_entropy, float>(loss);
}
TEST_CASE("categorical_cross_entropy: class weights and smoothing that are none") {
    const auto p = support::draw_prediction<gr::categorical_cross_entropy, double, 2>({2, 3}, 1);
    const auto y = support::draw_target<gr::categorical_cross_entropy, double, 2>({2, 3}, 2);
    const auto said = [&](const gr::categorical_cross_entropy& loss) { return support::message_of([&] { (void)loss.value(p, y); }); };
    CHECK(said({.class_weights = {1, 2}}) == "categorical_cross_entropy: got 2 class weights for 3 classes");
    CHECK(said({.class_weights = {1, -2, 1}}) == "categorical_cross_entropy: weight -2 of class 1 is not a finite number of at least 0");
    CHECK(said({.label_smoothing = 1}) == "categorical_cross_entropy: label_smoothing must be in [0, 1), got 1");
    CHECK(said({.label_smoothing = -0.5}) == "categorical_cross_entropy: label_smoothing must be in [0, 1), got -0.5");
}
TEST_CASE_TEMPLATE("categorical_cross_entropy.forward, categorical_cross_entropy.backward: kept in [1e-7, 1 − 1e-7]", T, float,
                   double) {
    const gr::tensor<T, 2> p{{0, 1}}, right{{0, 1}}, wrong{{1, 0}}, nothing({1, 2}, T(0));
    const gr::categorical_cross_entropy loss;
    CHECK(loss.value(p, right) == doctest::Approx(1e-7).epsilon(1e-6));
    CHECK(loss.value(p, wrong) == doctest::Approx(7 * std::log(10.0)));
    CHECK(support::same(loss.gradient(p, wrong), nothing));  // nothing is learnt there
    CHECK(support::same(loss.gradient(p, right), nothing));  // and nothing is left to learn at 1
    CHECK(loss.value(nothing, right) == doctest::Approx(7 * std::log(10.0)));
    CHECK(support::same(loss.gradient(nothing, right), nothing));
}
TEST_CASE("categorical_cross_entropy: logits where probabilities belong; targets that are none") {
    CHECK(support::message_of([&] { (void)gr::categorical_cross_entropy{}.value(matrix{{1, -2}}, matrix{{0, 1}}); }) ==
          "categorical_cross_entropy: prediction -2 of element 1 is not a probability: at least 0");
    CHECK(support::message_of([&] { (void)gr::categorical_cross_entropy{}.value(matrix{{1, 0}}, matrix{{0, 2}}); }) ==
          "categorical_cross_entropy: target 2 of element 1 is not in [0, 1]");
}

TEST_CASE("sparse_categorical_cross_entropy.forward, sparse_categorical_cross_entropy.backward: by hand") {
    const matrix p{{0.25, 0.75}, {1, 1}};
    CHECK(gr::sparse_categorical_cross_entropy{}.value(p, labels{0, 1}) == doctest::Approx((std::log(4.0) + std::log(2.0)) / 2));
    CHECK(support::difference(gr::sparse_categorical_cross_entropy{}.gradient(p, labels{0, 1}),
                              matrix{{-1.5, 0.5}, {0.25, -0.25}}) <= 1e-15);
}
TEST_CASE("sparse_categorical_cross_entropy.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::sparse_categorical_cross_entropy{});
}
TEST_CASE("sparse_categorical_cross_entropy.forward, sparse_categorical_cross_entropy.backward: PyTorch's values") {
    support::equals_pytorch(gr::sparse_categorical_cross_entropy{}, "p_hat", "labels");
}
TEST_CASE_TEMPLATE("sparse_categorical_cross_entropy.forward: shards add up", T, float, double) { support::shards_add_up<gr::sparse_categorical_cross_entropy, T>(gr::sparse_categorical_cross_entropy{}); }
TEST_CASE_TEMPLATE("sparse_categorical_cross_entropy.forward, sparse_categorical_cross_entropy.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::sparse_categorical_cross_entropy{}, gr::reference::sparse_categorical_cross_entropy<T, std::int32_t, 2>);
}
TEST_CASE("sparse_categorical_cross_entropy: what it says to shapes, masks and weights that do not fit") {
    support::refuses_what_does_not_fit(gr::sparse_categorical_cross_entropy{});
}
TEST_CASE("sparse_categorical_cross_entropy.forward, sparse_categorical_cross_entropy.backward: class weights and smoothed labels: PyTorch's values") {
    support::equals_pytorch(gr::sparse_categorical_cross_entropy{.class_weights = {0.5, 2, 1, 0, 3, 0.25, 1.5}, .label_smoothing = 0.1}, "p_hat", "labels", "_options");
}
TEST_CASE("sparse_categorical_cross_entropy.forward, sparse_categorical_cross_entropy.backward: class weights and smoothed labels: slopes, shards") {
    const gr::sparse_categorical_cross_entropy loss{.class_weights = {0.5, 2, 1, 0, 3}, .label_smoothing = 0.2};
    support::follows_central_differences(loss);
    support::shards_add_up<gr::sparse_categorical_cross_entropy, double>(loss);
    support::shards_add_up<gr::sparse_categorical_cross_entropy, float>(loss);
}
TEST_CASE("sparse_categorical_cross_entropy: class weights and smoothing that are none") {
    const auto p = support::draw_prediction<gr::sparse_categorical_cross_entropy, double, 2>({2, 3}, 1);
    const auto y = support::draw_target<gr::sparse_categorical_cross_entropy, double, 2>({2, 3}, 2);
    const auto said = [&](const gr::sparse_categorical_cross_entropy& loss) { return support::message_of([&] { (void)loss.value(p, y); }); };
    CHECK(said({.class_weights = {1, 2}}) == "sparse_categorical_cross_entropy: got 2 class weights for 3 classes");
    CHECK(said({.class_weights = {1, -2, 1}}) == "sparse_categorical_cross_entropy: weight -2 of class 1 is not a finite number of at least 0");
    CHECK(said({.label_smoothing = 1}) == "sparse_categorical_cross_entropy: label_smoothing must be in [0, 1), got 1");
    CHECK(said({.label_smoothing = -0.5}) == "sparse_categorical_cross_entropy: label_smoothing must be in [0, 1), got -0.5");
}
TEST_CASE("sparse_categorical_cross_entropy.forward, sparse_categorical_cross_entropy.backward: labels are one-hot targets") {
    const matrix p{{0.25, 0.75, 0}, {0, 0, 1}}, y{{0, 0, 1}, {1, 0, 0}};
    const gr::sparse_categorical_cross_entropy sparse;
    const gr::categorical_cross_entropy dense;
    CHECK(sparse.value(p, labels{2, 0}) == dense.value(p, y));
    CHECK(support::same(sparse.gradient(p, labels{2, 0}), dense.gradient(p, y)));
    CHECK(sparse.correct(p, labels{1, 0}) == 1);
}
TEST_CASE("categorical_cross_entropy.correct, sparse_categorical_cross_entropy.correct: rows that the mask leaves") {
    const matrix p{{0.25, 0.75}, {1, 0}, {0.5, 0.25}}, y{{0, 1}, {1, 0}, {0, 1}};  // right, right, wrong
    const gr::tensor<bool, 2> mask{{true}, {false}, {true}};
    CHECK(gr::categorical_cross_entropy{}.correct(p, y) == 2);
    CHECK(gr::categorical_cross_entropy{}.correct(p, y, {0, &mask}) == 1);
    CHECK(gr::sparse_categorical_cross_entropy{}.correct(p, labels{1, 0, 1}) == 2);
    CHECK(gr::sparse_categorical_cross_entropy{}.correct(p, labels{1, 0, 1}, {0, &mask}) == 1);
}
TEST_CASE("sparse_categorical_cross_entropy: what it says to labels and probabilities that are none") {
    CHECK(support::message_of([&] { (void)gr::sparse_categorical_cross_entropy{}.value(matrix{{1, 0}}, labels{2}); }) ==
          "sparse_categorical_cross_entropy: label 2 of row 0 is not one of 2 classes, counted from 0");
    CHECK(support::message_of([&] { (void)gr::sparse_categorical_cross_entropy{}.value(matrix{{1, -3}}, labels{0}); }) ==
          "sparse_categorical_cross_entropy: prediction -3 of element 1 is not a probability: at least 0");
}
