#include "gradus/losses/cross_entropy.hpp"

#include <doctest/doctest.h>

#include "../support/loss.hpp"
#include "gradus/reference/losses.hpp"

namespace gr = gradus;
using loss = gr::cross_entropy;
using matrix = gr::tensor<double, 2>;
using labels = gr::tensor<std::int32_t, 1>;

TEST_CASE("cross_entropy.forward, cross_entropy.backward: by hand") {
    const matrix z{{std::log(1.0), std::log(2.0), std::log(5.0)}, {0, 0, 0}};  // p = 1/8 2/8 5/8 and 1/3 1/3 1/3
    const labels y{1, 2};
    CHECK(loss{}.value(z, y) == doctest::Approx((std::log(4.0) + std::log(3.0)) / 2));  // −(log 2/8 + log 1/3) / 2
    const matrix expected{{1.0 / 16, -3.0 / 8, 5.0 / 16}, {1.0 / 6, 1.0 / 6, -1.0 / 3}};  // (p − onehot(y)) / 2
    CHECK(support::difference(loss{}.gradient(z, y), expected) <= 1e-15);
}
TEST_CASE("cross_entropy.backward: central differences, masked, with a normalizer that is given") {
    support::follows_central_differences(loss{});
}
TEST_CASE("cross_entropy.forward, cross_entropy.backward: PyTorch's values") {
    support::equals_pytorch(loss{}, "labels");
}
TEST_CASE_TEMPLATE("cross_entropy.forward: shards add up", T, float, double) { support::shards_add_up<loss, T>(loss{}); }
TEST_CASE_TEMPLATE("cross_entropy.forward: the textbook's twin", T, float, double) {
    support::equals_reference<loss, T>(loss{}, gr::reference::cross_entropy<T, std::int32_t, 2>);
}
TEST_CASE_TEMPLATE("cross_entropy.forward, cross_entropy.backward: right and wrong by 10^4", T, float, double) {
    const gr::tensor<T, 2> z{{T(1e4), T(-1e4), 0}, {T(1e4), T(-1e4), 0}};
    CHECK(loss{}.value(z, labels{0, 1}) == doctest::Approx(10000));  // (0 + 2 · 10⁴) / 2
    CHECK(support::same(loss{}.gradient(z, labels{0, 1}), gr::tensor<T, 2>{{0, 0, 0}, {T(0.5), T(-0.5), 0}}));
}
TEST_CASE("cross_entropy.forward: labels of any integer type; those that the mask leaves out may be anything") {
    const matrix z{{1, 2, 3}, {3, 2, 1}};
    const double expected = loss{}.value(z, labels{2, 1});
    CHECK(loss{}.value(z, gr::tensor<std::uint8_t, 1>{2, 1}) == expected);
    CHECK(loss{}.value(z, gr::tensor<std::int64_t, 1>{2, 1}) == expected);

    const gr::tensor<double, 3> sequence{{{1, 2, 3}, {7, 8, 9}}, {{3, 2, 1}, {7, 8, 9}}};
    const gr::tensor<std::int32_t, 2> padded{{2, -1}, {1, 99}};
    const gr::tensor<bool, 2> mask{{true, false}, {true, false}};
    CHECK(loss{}.value(sequence, padded, {0, &mask}) == doctest::Approx(expected));
    const auto dz = loss{}.gradient(sequence, padded, {0, &mask});
    CHECK(dz(0, 1, 0) == 0);
    CHECK(dz(1, 1, 2) == 0);
}
TEST_CASE("cross_entropy.correct: rows whose label is the most probable class; ties go to the first") {
    CHECK(loss{}.correct(matrix{{1, 2, 3}, {3, 2, 1}, {2, 2, 1}}, labels{2, 1, 0}) == 2);
}
TEST_CASE("cross_entropy: what it says to labels of another shape or out of range") {
    const matrix z({4, 3}, 0.0);
    CHECK(support::message_of([&] { (void)loss{}.value(z, labels{0, 1, 2}); }) ==
          "cross_entropy: needs one label per row of the prediction (4, 3), got (3)");
    CHECK(support::message_of([&] { (void)loss{}.value(z, labels{0, 1, 2, 3}); }) ==
          "cross_entropy: label 3 of row 3 is not one of 3 classes, counted from 0");
    CHECK(support::message_of([&] { (void)loss{}.value(z, labels{0, -1, 2, 0}); }) ==
          "cross_entropy: label -1 of row 1 is not one of 3 classes, counted from 0");
    CHECK_THROWS_AS((void)loss{}.value(z, labels{0, 1, 2, 3}), gr::data_error);
    CHECK_THROWS_AS((void)loss{}.value(z, labels{0, 1}), gr::shape_error);
}
TEST_CASE("cross_entropy: what its backward says without its forward, and to other labels than it was given") {
    const matrix z({4, 3}, 0.0);
    loss::cache<matrix> c;
    CHECK(support::message_of([&] { (void)loss{}.backward(z, labels{0, 1, 2, 0}, c); }) ==
          "cross_entropy: backward needs the forward of the same ŷ before it, (4, 3)");
    (void)loss{}.forward(z, labels{0, 1, 2, 0}, c);
    CHECK(support::message_of([&] { (void)loss{}.backward(z, labels{0, 1, 2, 9}, c); }) ==
          "cross_entropy: label 9 of row 3 is not one of 3 classes, counted from 0");
}
TEST_CASE("cross_entropy: what it says to an empty batch, and to masks that do not fit") {
    support::refuses_empty_and_masks(loss{});
}
TEST_CASE("cross_entropy: each backward needs a forward of its own, for it writes over the probabilities") {
    const matrix z({2, 3}, 0.0);
    loss::cache<matrix> c;
    (void)loss{}.forward(z, labels{0, 1}, c);
    (void)loss{}.backward(z, labels{0, 1}, c);
    CHECK(support::message_of([&] { (void)loss{}.backward(z, labels{0, 1}, c); }) ==
          "cross_entropy: backward needs the forward of the same ŷ before it, (2, 3)");
}
