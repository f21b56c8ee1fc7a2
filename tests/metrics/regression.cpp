#include "gradus/metrics/regression.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "../support/close.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "gradus/reference/metrics.hpp"

namespace gr = gradus;
using support::message_of;
using support::difference;
using support::pytorch;
using support::pytorch_number;
using vector = gr::tensor<double, 1>;
using matrix = gr::tensor<double, 2>;
using doctest::Approx;

namespace {
const vector y{1, 2, 3, 6}, y_hat{1, 1, 5, 5};  // ŷ − y = 0 −1 2 −1, ȳ = 3
}

TEST_CASE("metric.mean_absolute_error, metric.mean_squared_error, metric.root_mean_squared_error: by hand") {
    CHECK(gr::mean_absolute_error(y, y_hat) == 1);
    CHECK(gr::mean_squared_error(y, y_hat) == 1.5);
    CHECK(gr::root_mean_squared_error(y, y_hat) == Approx(std::sqrt(1.5)));
    CHECK(gr::mean_squared_error(vector{1, 2}, matrix{{2}, {4}}) == 2.5);  // a column
}
TEST_CASE("metric.r_squared: by hand; the mean is worth 0") {
    CHECK(gr::r_squared(y, y_hat) == Approx(1 - 6. / 14));
    CHECK(gr::r_squared(y, y) == 1);
    CHECK(gr::r_squared(y, vector({4}, 3.)) == 0);
    CHECK(gr::r_squared(y, vector({4}, 10.)) == Approx(1 - 210. / 14));
    CHECK(gr::r_squared(matrix{{1, 1}, {2, 2}}, matrix{{1, 2}, {2, 1}}) == Approx((1 - 3) / 2.));  // 1 and 1 − 2 / ½
}
TEST_CASE("metric.r_squared: a constant y gives 1 where all is right, else 0, whatever its mean is rounded to") {
    const vector tenths({3}, 0.1);  // the sum of which, by 3, is not 0.1
    CHECK(gr::r_squared(tenths, tenths) == 1);
    CHECK(gr::r_squared(tenths, vector{0.1, 0.1, 0.2}) == 0);
}
TEST_CASE_TEMPLATE("metric.mean_absolute_error, metric.mean_squared_error: numpy", T, float, double) {
    const auto u = pytorch<gr::tensor<T, 2>>("metrics/y"), v = pytorch<gr::tensor<T, 2>>("metrics/y_hat");
    CHECK(difference(gr::mean_absolute_error(u, v), pytorch_number("metrics/mean_absolute_error")) <= 1e-12);
    CHECK(difference(gr::mean_squared_error(u, v), pytorch_number("metrics/mean_squared_error")) <= 1e-12);
}
TEST_CASE_TEMPLATE("metric.root_mean_squared_error, metric.r_squared: numpy", T, float, double) {
    const auto u = pytorch<gr::tensor<T, 2>>("metrics/y"), v = pytorch<gr::tensor<T, 2>>("metrics/y_hat");
    CHECK(difference(gr::root_mean_squared_error(u, v), pytorch_number("metrics/root_mean_squared_error")) <= 1e-12);
    CHECK(difference(gr::r_squared(u, v), pytorch_number("metrics/r_squared")) <= 1e-12);
}
TEST_CASE("metric.mean_absolute_error, metric.mean_squared_error, metric.r_squared: the twins") {
    CHECK(gr::mean_absolute_error(y, y_hat) == Approx(gr::reference::mean_absolute_error(y, y_hat)).epsilon(1e-14));
    CHECK(gr::mean_squared_error(y, y_hat) == Approx(gr::reference::mean_squared_error(y, y_hat)).epsilon(1e-14));
    CHECK(gr::r_squared(y, y_hat) == Approx(gr::reference::r_squared(y, y_hat)).epsilon(1e-14));
}
TEST_CASE("metric.mean_absolute_error, metric.r_squared: bad input") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(message_of([] { (void)gr::mean_absolute_error(matrix({2, 3}), matrix({3, 2})); }) ==
          "mean_absolute_error: y is (2, 3), ŷ is (3, 2): the shapes must be the same, and not empty");
    CHECK(message_of([&] { (void)gr::mean_squared_error(vector{1, 2}, vector{1, nan}); }) ==
          "mean_squared_error: ŷ 1 is nan");
    CHECK(message_of([&] { (void)gr::root_mean_squared_error(vector{nan, 2}, vector{1, 2}); }) ==
          "root_mean_squared_error: y 0 is nan");
    CHECK(message_of([] { (void)gr::r_squared(vector{1}, vector{1}); }) ==
          "r_squared: y is (1): a variance needs 2 rows");
    CHECK(message_of([] { (void)gr::r_squared(vector{}, vector{}); }) ==
          "r_squared: y is (0), ŷ is (0): the shapes must be the same, and not empty");
    CHECK(message_of([&] { (void)gr::r_squared(vector{1, 2}, vector{nan, 2}); }) == "r_squared: ŷ 0 is nan");
}
