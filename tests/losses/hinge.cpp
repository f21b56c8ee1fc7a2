#include "gradus/losses/hinge.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

TEST_CASE("hinge.forward, hinge.backward: by hand") {
    const matrix score{{2, 0.5}, {-0.5, 0.5}}, y{{1, 1}, {-1, -1}};
    CHECK(gr::hinge{}.value(score, y) == (0 + 0.5 + 0.5 + 1.5) / 4);                   // max(0, 1 − y ŷ)
    CHECK(gr::hinge{}.gradient(score, y) == matrix{{0, -0.25}, {0.25, 0.25}});         // −y / 4 inside the margin
}
TEST_CASE("hinge.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::hinge{});
}
TEST_CASE("hinge.forward, hinge.backward: PyTorch's values") {
    support::equals_pytorch(gr::hinge{}, "y_hat", "sides");
}
TEST_CASE_TEMPLATE("hinge.forward, hinge.backward: one statement", T, float, double) { support::is_generic<T>(gr::hinge{}); }
TEST_CASE_TEMPLATE("hinge.forward: shards add up", T, float, double) { support::shards_add_up<gr::hinge, T>(gr::hinge{}); }
TEST_CASE_TEMPLATE("hinge.forward, hinge.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::hinge{}, gr::reference::hinge<T, 2>);
}
TEST_CASE_TEMPLATE("hinge.forward, hinge.backward: finite", T, float, double) {
    support::is_finite<T>(gr::hinge{}, {-1e4, -100, 0, 100, 1e4}, {-1, 0, 1});
}
TEST_CASE("hinge: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::hinge{});
}
TEST_CASE("hinge.forward, hinge.backward: 0 stands for −1") {
    const matrix score{{2, -0.5, 0.25}};
    CHECK(gr::hinge{}.value(score, matrix{{1, 0, 0}}) == gr::hinge{}.value(score, matrix{{1, -1, -1}}));
    CHECK(gr::hinge{}.gradient(score, matrix{{1, 0, 0}}) == gr::hinge{}.gradient(score, matrix{{1, -1, -1}}));
}
TEST_CASE("hinge.correct: scores on the side of their targets, where the mask leaves them") {
    const matrix score{{2}, {-0.5}, {0.25}, {-1}}, y{{1}, {-1}, {0}, {1}};
    CHECK(gr::hinge{}.correct(score, y) == 2);
    const gr::tensor<bool, 2> mask{{true}, {false}, {true}, {true}};
    CHECK(gr::hinge{}.correct(score, y, {0, &mask}) == 1);
}
TEST_CASE_TEMPLATE("hinge.forward, hinge.backward, squared_hinge.forward, squared_hinge.backward: a score that is no number is seen", T,
                   float, double) {
    const gr::tensor<T, 2> score{{T(2), std::numeric_limits<T>::quiet_NaN(), T(0.5)}};
    const auto seen = [&](const auto& loss, const gr::tensor<T, 2>& y) {
        CHECK(std::isnan(loss.value(score, y)));
        const auto dy = loss.gradient(score, y);
        CHECK(dy(0, 0) == 0);
        CHECK(std::isnan(dy(0, 1)));
        CHECK(dy(0, 2) < 0);
    };
    for (const T side : {T(1), T(-1), T(0)}) {
        seen(gr::hinge{}, {{1, side, 1}});
        seen(gr::squared_hinge{}, {{1, side, 1}});
    }
}
TEST_CASE("hinge: a target that is no side") {
    CHECK(support::message_of([&] { (void)gr::hinge{}.value(matrix{{1, 1}}, matrix{{1, 0.5}}); }) ==
          "hinge: target 0.5 of element 1 is not -1 or 1 (0 counts as -1)");
}

TEST_CASE("squared_hinge.forward, squared_hinge.backward: by hand") {
    const matrix score{{2, 0.5}, {-0.5, 0.5}}, y{{1, 1}, {-1, -1}};
    CHECK(gr::squared_hinge{}.value(score, y) == (0 + 0.25 + 0.25 + 2.25) / 4);        // max(0, 1 − y ŷ)²
    CHECK(gr::squared_hinge{}.gradient(score, y) == matrix{{0, -0.25}, {0.25, 0.75}}); // −2 y max(0, 1 − y ŷ) / 4
}
TEST_CASE("squared_hinge.backward: central differences, masked, weighted, with a total that is given, as mean and sum") {
    support::follows_central_differences(gr::squared_hinge{});
}
TEST_CASE("squared_hinge.forward, squared_hinge.backward: PyTorch's values") {
    support::equals_pytorch(gr::squared_hinge{}, "y_hat", "sides");
}
TEST_CASE_TEMPLATE("squared_hinge.forward, squared_hinge.backward: one statement", T, float, double) { support::is_generic<T>(gr::squared_hinge{}); }
TEST_CASE_TEMPLATE("squared_hinge.forward: shards add up", T, float, double) { support::shards_add_up<gr::squared_hinge, T>(gr::squared_hinge{}); }
TEST_CASE_TEMPLATE("squared_hinge.forward, squared_hinge.backward: the textbook's twin", T, float, double) {
    support::equals_reference<T>(gr::squared_hinge{}, gr::reference::squared_hinge<T, 2>);
}
TEST_CASE_TEMPLATE("squared_hinge.forward, squared_hinge.backward: finite", T, float, double) {
    support::is_finite<T>(gr::squared_hinge{}, {-1e4, -100, 0, 100, 1e4}, {-1, 0, 1});
}
TEST_CASE("squared_hinge: what it says to shapes, masks and weights that do not fit") {
    support::refuses_other_shapes(gr::squared_hinge{});
}
TEST_CASE("squared_hinge.forward, squared_hinge.backward: 0 stands for −1") {
    const matrix score{{2, -0.5, 0.25}};
    CHECK(gr::squared_hinge{}.value(score, matrix{{1, 0, 0}}) == gr::squared_hinge{}.value(score, matrix{{1, -1, -1}}));
    CHECK(gr::squared_hinge{}.gradient(score, matrix{{1, 0, 0}}) == gr::squared_hinge{}.gradient(score, matrix{{1, -1, -1}}));
}
TEST_CASE("squared_hinge.correct: scores on the side of their targets, where the mask leaves them") {
    const matrix score{{2}, {-0.5}, {0.25}, {-1}}, y{{1}, {-1}, {0}, {1}};
    CHECK(gr::squared_hinge{}.correct(score, y) == 2);
    const gr::tensor<bool, 2> mask{{true}, {false}, {true}, {true}};
    CHECK(gr::squared_hinge{}.correct(score, y, {0, &mask}) == 1);
}
TEST_CASE("squared_hinge: a target that is no side") {
    CHECK(support::message_of([&] { (void)gr::squared_hinge{}.value(matrix{{1, 1}}, matrix{{1, 0.5}}); }) ==
          "squared_hinge: target 0.5 of element 1 is not -1 or 1 (0 counts as -1)");
}
