// labels: logarithms
#include "gradus/losses/kl_divergence.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("kl_divergence.forward, kl_divergence.backward: by hand") {
    const matrix log_p{{std::log(0.25), std::log(0.75)}, {std::log(0.5), std::log(0.5)}}, y{{0.5, 0.5}, {1, 0}};
    const double first = 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3), second = std::log(2.0);  // 0 log 0 = 0
    CHECK(gr::kl_divergence{}.value(log_p, y) == doctest::Approx((first + second) / 2));         // over 2 rows
    CHECK(gr::kl_divergence{}.gradient(log_p, y) == matrix{{-0.25, -0.25}, {-0.5, 0}});
}
TEST_CASE("kl_divergence.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::kl_divergence{});
}
TEST_CASE("kl_divergence.forward, kl_divergence.backward: PyTorch's values") {
    support::equals_pytorch(gr::kl_divergence{}, "log_p_hat", "p");
}
TEST_CASE_TEMPLATE("kl_divergence.forward, kl_divergence.backward: one statement", T, float, double) { support::is_generic<T>(gr::kl_divergence{}); }
TEST_CASE_TEMPLATE("kl_divergence.forward: shards add up", T, float, double) { support::shards_add_up<gr::kl_divergence, T>(gr::kl_divergence{}); }
TEST_CASE_TEMPLATE("kl_divergence.forward, kl_divergence.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::kl_divergence{}, gr::reference::kl_divergence<T, 2>);
}
TEST_CASE_TEMPLATE("kl_divergence.forward, kl_divergence.backward: finite", T, float, double) {
    support::is_finite<T>(gr::kl_divergence{}, {-1e4, -100, -1, 0}, {0, 0.5, 1});
}
TEST_CASE("kl_divergence: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::kl_divergence{});
}
TEST_CASE("kl_divergence: probabilities where their logarithms belong; targets that are none") {
    CHECK(support::message_of([&] { (void)gr::kl_divergence{}.value(matrix{{0.75, 0.25}}, matrix{{1, 0}}); }) ==
          "kl_divergence: prediction 0.75 of element 0 is not a log-probability: at most 0");
    CHECK(support::message_of([&] { (void)gr::kl_divergence{}.value(matrix{{-1, -1}}, matrix{{1, 3}}); }) ==
          "kl_divergence: target 3 of element 1 is not in [0, 1]");
    CHECK(std::isnan(gr::kl_divergence{}.value(matrix{{std::nan("")}}, matrix{{1}})));  // not hidden: J shows it
}

TEST_CASE("kl_divergence_of_probabilities.forward, kl_divergence_of_probabilities.backward: by hand") {
    const matrix p{{0.25, 0.75}, {0.5, 0.5}}, y{{0.5, 0.5}, {0.25, 0.75}};
    const double first = 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3), second = 0.25 * std::log(0.5) + 0.75 * std::log(1.5);
    CHECK(gr::kl_divergence_of_probabilities{}.value(p, y) == doctest::Approx((first + second) / 2));
    const matrix expected{{-1, -1.0 / 3}, {-0.25, -0.75}};  // −y / ŷ / 2
    CHECK(support::difference(gr::kl_divergence_of_probabilities{}.gradient(p, y), expected) <= 1e-15);
}
TEST_CASE("kl_divergence_of_probabilities.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::kl_divergence_of_probabilities{});
}
TEST_CASE("kl_divergence_of_probabilities.forward, kl_divergence_of_probabilities.backward: PyTorch's values") {
    support::equals_pytorch(gr::kl_divergence_of_probabilities{}, "p_hat", "p");
}
TEST_CASE_TEMPLATE("kl_divergence_of_probabilities.forward, kl_divergence_of_probabilities.backward: one statement", T, float, double) { support::is_generic<T>(gr::kl_divergence_of_probabilities{}); }
TEST_CASE_TEMPLATE("kl_divergence_of_probabilities.forward: shards add up", T, float, double) { support::shards_add_up<gr::kl_divergence_of_probabilities, T>(gr::kl_divergence_of_probabilities{}); }
TEST_CASE_TEMPLATE("kl_divergence_of_probabilities.forward, kl_divergence_of_probabilities.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::kl_divergence_of_probabilities{}, gr::reference::kl_divergence_of_probabilities<T, 2>);
}
TEST_CASE_TEMPLATE("kl_divergence_of_probabilities.forward, kl_divergence_of_probabilities.backward: finite", T, float, double) {
    support::is_finite<T>(gr::kl_divergence_of_probabilities{}, {0, 1e-8, 0.5, 1}, {0, 0.5, 1});
}
TEST_CASE("kl_divergence_of_probabilities: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::kl_divergence_of_probabilities{});
}
TEST_CASE("kl_divergence_of_probabilities.forward, kl_divergence_of_probabilities.backward: kept in [1e-7, 1]") {
    const matrix p{{0, 1}}, y{{1, 0}};
    CHECK(gr::kl_divergence_of_probabilities{}.value(p, y) == doctest::Approx(std::log(1e7) + 1e-7 * std::log(1e-7)));
    CHECK(support::difference(gr::kl_divergence_of_probabilities{}.gradient(p, y), matrix{{0, -1e-7}}) <= 1e-15);
}
TEST_CASE("kl_divergence_of_probabilities: what is no probability") {
    CHECK(support::message_of([&] { (void)gr::kl_divergence_of_probabilities{}.value(matrix{{1, -0.5}}, matrix{{1, 0}}); }) ==
          "kl_divergence_of_probabilities: prediction -0.5 of element 1 is not a probability: at least 0");
    CHECK(support::message_of([&] { (void)gr::kl_divergence_of_probabilities{}.value(matrix{{1, 0}}, matrix{{1, -1}}); }) ==
          "kl_divergence_of_probabilities: target -1 of element 1 is not in [0, 1]");
}
