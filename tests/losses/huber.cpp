#include "gradus/losses/huber.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("huber.forward, huber.backward: by hand") {
    const matrix y_hat{{0.5, 2}, {-3, 1}}, y{{0, 0}, {0, 0}};
    CHECK(gr::huber{}.value(y_hat, y) == doctest::Approx((0.125 + 1.5 + 2.5 + 0.5) / 4));  // ½ d², |d| − ½, |d| − ½, ½ d²
    CHECK(gr::huber{}.gradient(y_hat, y) == matrix{{0.125, 0.25}, {-0.25, 0.25}});         // d, 1, −1, d, each / 4
    const gr::huber half{.delta = 0.5, .reduction = gr::reduce::sum};
    CHECK(half.value(y_hat, y) == 0.125 + 0.875 + 1.375 + 0.375);  // δ (|d| − ½ δ) beyond ½
    CHECK(half.gradient(y_hat, y) == matrix{{0.5, 0.5}, {-0.5, 0.5}});
}
TEST_CASE("huber.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::huber{});
}
TEST_CASE("huber.forward, huber.backward: PyTorch's values") {
    support::equals_pytorch(gr::huber{}, "y_hat", "y");
}
TEST_CASE_TEMPLATE("huber.forward, huber.backward: one statement", T, float, double) { support::is_generic<T>(gr::huber{}); }
TEST_CASE_TEMPLATE("huber.forward: shards add up", T, float, double) { support::shards_add_up<gr::huber, T>(gr::huber{}); }
TEST_CASE_TEMPLATE("huber.forward, huber.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::huber{}, [](const auto& p, const auto& y) { return gr::reference::huber(p, y, 1); });
}
TEST_CASE_TEMPLATE("huber.forward, huber.backward: finite", T, float, double) {
    support::is_finite<T>(gr::huber{}, {-1e4, -100, 0, 100, 1e4}, {-1e4, 0, 1});
}
TEST_CASE("huber: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::huber{});
}
TEST_CASE("huber.forward, huber.backward: PyTorch's values for another delta") {
    support::equals_pytorch(gr::huber{.delta = 0.5}, "y_hat", "y", "_half");
    support::follows_central_differences(gr::huber{.delta = 0.5});
}
TEST_CASE("huber: a delta that is none") {
    const matrix y({2, 2}, 0.0);
    CHECK(support::message_of([&] { (void)gr::huber{.delta = 0}.value(y, y); }) == "huber: delta must be above 0, got 0");
}
