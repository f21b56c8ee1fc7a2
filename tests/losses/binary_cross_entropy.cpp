#include "gradus/losses/binary_cross_entropy.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using loss = gr::binary_cross_entropy;
using matrix = gr::tensor<double, 2>;

TEST_CASE("binary_cross_entropy.forward, binary_cross_entropy.backward: by hand") {
    const matrix z{{0, std::log(3.0)}}, y{{1, 0}};  // p = 1/2, 3/4
    CHECK(loss{}.value(z, y) == doctest::Approx((std::log(2.0) + std::log(4.0)) / 2));  // −(log ½ + log(1 − ¾)) / 2
    const matrix dz = loss{}.gradient(z, y);
    CHECK(dz(0, 0) == doctest::Approx(-0.25));  // (½ − 1) / 2
    CHECK(dz(0, 1) == doctest::Approx(0.375));  // (¾ − 0) / 2
}
TEST_CASE("binary_cross_entropy.backward: central differences, masked, with a normalizer that is given") {
    support::follows_central_differences(loss{});
}
TEST_CASE("binary_cross_entropy.forward, binary_cross_entropy.backward: PyTorch's values") {
    support::equals_pytorch(loss{}, "p");
}
TEST_CASE_TEMPLATE("binary_cross_entropy.forward: shards add up", T, float, double) {
    support::shards_add_up<loss, T>(loss{});
}
TEST_CASE_TEMPLATE("binary_cross_entropy.forward: the textbook's twin", T, float, double) {
    support::equals_reference<loss, T>(loss{}, gr::reference::binary_cross_entropy<T, 2>);
}
TEST_CASE_TEMPLATE("binary_cross_entropy.forward, binary_cross_entropy.backward: right and wrong by 10^4", T, float, double) {
    const gr::tensor<T, 2> z{{T(1e4), T(-1e4), T(1e4), T(-1e4)}}, y{{1, 0, 0, 1}};
    CHECK(loss{}.value(z, y) == doctest::Approx(5000));  // (0 + 0 + 10⁴ + 10⁴) / 4
    CHECK(support::same(loss{}.gradient(z, y), gr::tensor<T, 2>{{0, 0, T(0.25), T(-0.25)}}));
}
TEST_CASE("binary_cross_entropy.correct: a row counts as far as its elements are on the right side") {
    CHECK(loss{}.correct(matrix{{1}, {-1}, {0}, {-2}}, matrix{{1}, {0}, {1}, {1}}) == 3);
    CHECK(loss{}.correct(matrix{{1, -1}, {-1, -1}}, matrix{{1, 0}, {1, 0}}) == 1.5);
}
TEST_CASE("binary_cross_entropy: what it says to targets of another shape, an empty batch, masks that do not fit") {
    const matrix z({4, 3}, 0.0), y({4, 1}, 0.0);
    loss::cache<matrix> c;
    CHECK(support::message_of([&] { (void)loss{}.forward(z, y, c); }) ==
          "binary_cross_entropy: needs targets shaped as the prediction (4, 3), got (4, 1)");
    CHECK(support::message_of([&] { (void)loss{}.backward(z, y, c); }) ==
          "binary_cross_entropy: needs targets shaped as the prediction (4, 3), got (4, 1)");
    support::refuses_empty_and_masks(loss{});
}
TEST_CASE("binary_cross_entropy: a target is a probability, but where the mask leaves it out") {
    const matrix z({2, 2}, 0.0);
    CHECK(support::message_of([&] { (void)loss{}.value(z, matrix{{0, 1}, {0.5, 7}}); }) ==
          "binary_cross_entropy: target 7 of element 3 is not in [0, 1]");
    CHECK(support::message_of([&] { (void)loss{}.value(z, matrix{{0, -0.25}, {0, 0}}); }) ==
          "binary_cross_entropy: target -0.25 of element 1 is not in [0, 1]");
    const gr::tensor<bool, 2> mask{{true}, {false}};
    CHECK(std::isfinite(loss{}.value(z, matrix{{0, 1}, {0, 7}}, {.mask = &mask})));
}
