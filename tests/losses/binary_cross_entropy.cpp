// labels: logarithms
#include "gradus/losses/binary_cross_entropy.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("binary_cross_entropy.forward, binary_cross_entropy.backward: by hand") {
    const matrix z{{0, std::log(3.0)}}, y{{1, 0}};  // p = 1/2, 3/4
    const gr::binary_cross_entropy loss;
    CHECK(loss.value(z, y) == doctest::Approx((std::log(2.0) + std::log(4.0)) / 2));  // −(log ½ + log(1 − ¾)) / 2
    CHECK(support::difference(loss.gradient(z, y), matrix{{-0.25, 0.375}}) <= 1e-15);  // (½ − 1) / 2, (¾ − 0) / 2
    const gr::binary_cross_entropy positive{.positive_weight = 3};
    CHECK(positive.value(z, y) == doctest::Approx((3 * std::log(2.0) + std::log(4.0)) / 2));
    CHECK(support::difference(positive.gradient(z, y), matrix{{-0.75, 0.375}}) <= 1e-15);
}
TEST_CASE("binary_cross_entropy.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::binary_cross_entropy{});
}
TEST_CASE("binary_cross_entropy.forward, binary_cross_entropy.backward: PyTorch's values") {
    support::equals_pytorch(gr::binary_cross_entropy{}, "y_hat", "p");
}
TEST_CASE_TEMPLATE("binary_cross_entropy.forward, binary_cross_entropy.backward: one statement", T, float, double) { support::is_generic<T>(gr::binary_cross_entropy{}); }
TEST_CASE_TEMPLATE("binary_cross_entropy.forward: shards add up", T, float, double) { support::shards_add_up<gr::binary_cross_entropy, T>(gr::binary_cross_entropy{}); }
TEST_CASE_TEMPLATE("binary_cross_entropy.forward, binary_cross_entropy.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::binary_cross_entropy{}, [](const auto& z, const auto& y) { return gr::reference::binary_cross_entropy(z, y); });
}
TEST_CASE_TEMPLATE("binary_cross_entropy.forward, binary_cross_entropy.backward: finite", T, float, double) {
    support::is_finite<T>(gr::binary_cross_entropy{}, {-1e4, -100, 0, 100, 1e4}, {0, 0.5, 1});
}
TEST_CASE("binary_cross_entropy: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::binary_cross_entropy{});
}
TEST_CASE("binary_cross_entropy.forward, binary_cross_entropy.backward: with a positive weight") {
    const gr::binary_cross_entropy loss{.positive_weight = 2.5};
    support::equals_pytorch(loss, "y_hat", "p", "_positive");
    support::follows_central_differences(loss);
    support::equals_reference<double>(loss, [](const auto& z, const auto& y) { return gr::reference::binary_cross_entropy(z, y, 2.5); });
    support::is_generic<float>(loss);
    support::is_finite<float>(loss, {-1e4, 0, 1e4}, {0, 1});
    CHECK(support::message_of([&] { (void)gr::binary_cross_entropy{.positive_weight = -1}.value(matrix{{0}}, matrix{{0}}); }) ==
          "binary_cross_entropy: positive_weight must be a finite number of at least 0, got -1");
}
TEST_CASE_TEMPLATE("binary_cross_entropy.forward, binary_cross_entropy.backward: right and wrong by 10^4", T, float, double) {
    const gr::tensor<T, 2> z{{T(1e4), T(-1e4), T(1e4), T(-1e4)}}, y{{1, 0, 0, 1}};
    CHECK(gr::binary_cross_entropy{}.value(z, y) == doctest::Approx(5000));  // (0 + 0 + 10⁴ + 10⁴) / 4
    CHECK(support::same(gr::binary_cross_entropy{}.gradient(z, y), gr::tensor<T, 2>{{0, 0, T(0.25), T(-0.25)}}));
}
TEST_CASE("binary_cross_entropy.correct: a row counts as far as its elements are on the right side, if the mask leaves it") {
    const gr::binary_cross_entropy loss;
    CHECK(loss.correct(matrix{{1}, {-1}, {0}, {-2}}, matrix{{1}, {0}, {1}, {1}}) == 3);
    CHECK(loss.correct(matrix{{1, -1}, {-1, -1}}, matrix{{1, 0}, {1, 0}}) == 1.5);
    const gr::tensor<bool, 2> mask{{true}, {false}};
    CHECK(loss.correct(matrix{{1, -1}, {-1, -1}}, matrix{{1, 0}, {1, 0}}, {0, &mask}) == 1);
    CHECK(gr::binary_cross_entropy_of_probabilities{}.correct(matrix{{0.6, 0.4}, {0.4, 0.4}}, matrix{{1, 0}, {1, 0}}) == 1.5);
}
TEST_CASE("binary_cross_entropy: a target is a probability, but where the mask or a weight of 0 leaves it out") {
    const gr::binary_cross_entropy loss;
    const matrix z({2, 2}, 0.0);
    CHECK(support::message_of([&] { (void)loss.value(z, matrix{{0, 1}, {0.5, 7}}); }) ==
          "binary_cross_entropy: target 7 of element 3 is not in [0, 1]");
    CHECK(support::message_of([&] { (void)loss.value(z, matrix{{0, -0.25}, {0, 0}}); }) ==
          "binary_cross_entropy: target -0.25 of element 1 is not in [0, 1]");
    const gr::tensor<bool, 2> mask{{true}, {false}};
    const std::vector<double> weights{2, 0};
    CHECK(std::isfinite(loss.value(z, matrix{{0, 1}, {0, 7}}, {.mask = &mask})));
    CHECK(std::isfinite(loss.value(z, matrix{{0, 1}, {0, 7}}, {.weights = weights})));
}

TEST_CASE("binary_cross_entropy_of_probabilities.forward, binary_cross_entropy_of_probabilities.backward: by hand") {
    const matrix p{{0.5, 0.75}}, y{{1, 0}};
    const gr::binary_cross_entropy_of_probabilities loss;
    CHECK(loss.value(p, y) == doctest::Approx((std::log(2.0) + std::log(4.0)) / 2));
    CHECK(support::difference(loss.gradient(p, y), matrix{{-1, 2}}) <= 1e-15);  // (½ − 1) / ¼ / 2, ¾ / (3/16) / 2
}
TEST_CASE("binary_cross_entropy_of_probabilities.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::binary_cross_entropy_of_probabilities{});
}
TEST_CASE("binary_cross_entropy_of_probabilities.forward, binary_cross_entropy_of_probabilities.backward: PyTorch's values") {
    support::equals_pytorch(gr::binary_cross_entropy_of_probabilities{}, "p_hat", "p");
}
TEST_CASE_TEMPLATE("binary_cross_entropy_of_probabilities.forward, binary_cross_entropy_of_probabilities.backward: one statement", T, float, double) { support::is_generic<T>(gr::binary_cross_entropy_of_probabilities{}); }
TEST_CASE_TEMPLATE("binary_cross_entropy_of_probabilities.forward: shards add up", T, float, double) { support::shards_add_up<gr::binary_cross_entropy_of_probabilities, T>(gr::binary_cross_entropy_of_probabilities{}); }
TEST_CASE_TEMPLATE("binary_cross_entropy_of_probabilities.forward, binary_cross_entropy_of_probabilities.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::binary_cross_entropy_of_probabilities{}, gr::reference::binary_cross_entropy_of_probabilities<T, 2>);
}
TEST_CASE_TEMPLATE("binary_cross_entropy_of_probabilities.forward, binary_cross_entropy_of_probabilities.backward: finite", T, float, double) {
    support::is_finite<T>(gr::binary_cross_entropy_of_probabilities{}, {0, 1e-30, 0.5, 1}, {0, 0.5, 1});
}
TEST_CASE("binary_cross_entropy_of_probabilities: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::binary_cross_entropy_of_probabilities{});
}
TEST_CASE_TEMPLATE("binary_cross_entropy_of_probabilities.forward, binary_cross_entropy_of_probabilities.backward: at 0 and 1", T,
                   float, double) {
    const gr::tensor<T, 2> p{{0, 1, 0, 1}}, y{{0, 1, 1, 0}};
    CHECK(gr::binary_cross_entropy_of_probabilities{}.value(p, y) == 50);  // (0 + 0 + 100 + 100) / 4
    const auto dp = gr::binary_cross_entropy_of_probabilities{}.gradient(p, y);
    CHECK(dp(0, 0) == 0);
    CHECK(dp(0, 2) == doctest::Approx(-2.5e11));  // −1 / 1e-12 / 4
}
TEST_CASE("binary_cross_entropy_of_probabilities: logits where probabilities belong") {
    CHECK(support::message_of([&] { (void)gr::binary_cross_entropy_of_probabilities{}.value(matrix{{0.5, 2}}, matrix{{1, 0}}); }) ==
          "binary_cross_entropy_of_probabilities: prediction 2 of element 1 is not a probability in [0, 1]");
    CHECK(std::isnan(gr::binary_cross_entropy_of_probabilities{}.value(matrix{{std::nan("")}}, matrix{{1}})));
}
