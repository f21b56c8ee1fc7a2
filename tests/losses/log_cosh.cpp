#include "gradus/losses/log_cosh.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("log_cosh.forward, log_cosh.backward: by hand") {
    const matrix y_hat{{std::log(3.0), 1}}, y{{0, 1}};  // cosh log 3 = (3 + ⅓) / 2 = 5/3, tanh log 3 = (3 − ⅓) / (3 + ⅓) = 4/5
    CHECK(gr::log_cosh{}.value(y_hat, y) == doctest::Approx(std::log(5.0 / 3) / 2));
    CHECK(support::difference(gr::log_cosh{}.gradient(y_hat, y), matrix{{0.4, 0}}) <= 1e-15);
}
TEST_CASE("log_cosh.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::log_cosh{});
}
TEST_CASE("log_cosh.forward, log_cosh.backward: PyTorch's values") {
    support::equals_pytorch(gr::log_cosh{}, "y_hat", "y");
}
TEST_CASE_TEMPLATE("log_cosh.forward, log_cosh.backward: one statement", T, float, double) { support::is_generic<T>(gr::log_cosh{}); }
TEST_CASE_TEMPLATE("log_cosh.forward: shards add up", T, float, double) { support::shards_add_up<gr::log_cosh, T>(gr::log_cosh{}); }
TEST_CASE_TEMPLATE("log_cosh.forward, log_cosh.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::log_cosh{}, gr::reference::log_cosh<T, 2>);
}
TEST_CASE_TEMPLATE("log_cosh.forward, log_cosh.backward: finite", T, float, double) {
    support::is_finite<T>(gr::log_cosh{}, {-1e4, -100, 0, 100, 1e4}, {-1e4, 0, 1});
}
TEST_CASE("log_cosh: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::log_cosh{});
}
