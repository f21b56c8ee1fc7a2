#include "gradus/losses/cosine_distance.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("cosine_distance.forward, cosine_distance.backward: by hand") {
    const matrix y_hat{{3, 4}, {1, 0}}, y{{4, 3}, {0, 2}};  // cos = 24/25 and 0
    CHECK(gr::cosine_distance{}.value(y_hat, y) == doctest::Approx((1.0 / 25 + 1) / 2));
    // −(y/‖y‖ − cos ŷ/‖ŷ‖) / ‖ŷ‖ / 2 = −((0.8, 0.6) − 0.96 (0.6, 0.8)) / 10 and −((0, 1) − 0) / 2
    CHECK(support::difference(gr::cosine_distance{}.gradient(y_hat, y), matrix{{-0.0224, 0.0168}, {0, -0.5}}) <= 1e-15);
}
TEST_CASE("cosine_distance.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::cosine_distance{});
}
TEST_CASE("cosine_distance.forward, cosine_distance.backward: PyTorch's values") {
    support::equals_pytorch(gr::cosine_distance{}, "y_hat", "y");
}
TEST_CASE_TEMPLATE("cosine_distance.forward: shards add up", T, float, double) { support::shards_add_up<gr::cosine_distance, T>(gr::cosine_distance{}); }
TEST_CASE_TEMPLATE("cosine_distance.forward, cosine_distance.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::cosine_distance{}, gr::reference::cosine_distance<T, 2>);
}
TEST_CASE_TEMPLATE("cosine_distance.forward, cosine_distance.backward: finite", T, float, double) {
    support::is_finite<T>(gr::cosine_distance{}, {-1e4, -100, 0, 100, 1e4}, {-1e4, 0, 1});
}
TEST_CASE("cosine_distance: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::cosine_distance{});
}
TEST_CASE_TEMPLATE("cosine_distance.forward, cosine_distance.backward: a vector of 0 has no direction", T, float, double) {
    const gr::tensor<T, 2> nothing({1, 2}, T(0)), y{{3, 4}};
    CHECK(gr::cosine_distance{}.value(nothing, y) == 1);
    CHECK(gr::cosine_distance{}.value(y, nothing) == 1);
    CHECK(support::difference(gr::cosine_distance{}.gradient(nothing, y), gr::tensor<T, 2>{{T(-6e7), T(-8e7)}}) <=
          support::tolerance<T>());  // −y/‖y‖ / 1e-8
    CHECK(support::same(gr::cosine_distance{}.gradient(y, nothing), nothing));
}
TEST_CASE("cosine_distance.forward, cosine_distance.backward: where ε keeps the length of ŷ, it does not turn with ŷ") {
    const matrix y{{3, 4}};
    const gr::cosine_distance loss;
    for (const double length : {0.25e-8, 0.5e-8, 1e-8}) {  // cos = length / ε, ∂J/∂ŷ = −(y/‖y‖) / ε
        const matrix y_hat{{0.6 * length, 0.8 * length}};
        CHECK(loss.value(y_hat, y) == doctest::Approx(1 - length / 1e-8));
        CHECK(support::difference(loss.gradient(y_hat, y), matrix{{-0.6e8, -0.8e8}}) <= 1e-12);
    }
}
