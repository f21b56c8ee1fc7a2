#include "gradus/initializers/variance_scaling.hpp"

#include "gradus/layers/dense.hpp"
#include "moments.hpp"

namespace gr = gradus;

namespace {

/// A truncated normal of that deviation, which Keras widens by 1 / 0.8796 before it cuts at two deviations.
void has_truncated(const moments& m, double deviation) {
    has(m, 0, deviation);
    CHECK(m.high <= 2 * deviation / 0.8796256);
    CHECK(m.high > 0.999 * 2 * deviation / 0.8796256);
}

}  // namespace

TEST_CASE("initializer.glorot_uniform: within √(6 / (in + out))") {
    fills(of(gr::glorot_uniform{}, {784, 128}), -0.081110711, 0.081110711);  // √(6 / 912)
    fills(of(gr::glorot_uniform{}, {1, 5}), -1, 1);                          // √(6 / 6)
}
TEST_CASE("initializer.glorot_normal, initializer.variance_scaling: deviation √(2 / (in + out))") {
    has(of(gr::glorot_normal{}, {784, 128}), 0, 0.046829294);  // √(2 / 912)
    has(of(gr::glorot_normal{}, {1, 7}), 0, 0.5);              // √(2 / 8)
    has_truncated(of(gr::glorot_normal{.truncated = true}, {1, 7}), 0.5);
}
TEST_CASE("initializer.he_uniform: within √(6 / in)") {
    fills(of(gr::he_uniform{}, {784, 128}), -0.087481777, 0.087481777);  // √(6 / 784)
    fills(of(gr::he_uniform{}, {6, 1}), -1, 1);
}
TEST_CASE("initializer.he_normal, initializer.variance_scaling: deviation √(2 / in)") {
    has(of(gr::he_normal{}, {784, 128}), 0, 0.050507627);  // √(2 / 784)
    has(of(gr::he_normal{}, {8, 1}), 0, 0.5);
    has_truncated(of(gr::he_normal{.truncated = true}, {8, 1}), 0.5);
}
TEST_CASE("initializer.lecun_uniform: within √(3 / in)") {
    fills(of(gr::lecun_uniform{}, {784, 128}), -0.061858957, 0.061858957);  // √(3 / 784)
    fills(of(gr::lecun_uniform{}, {3, 1}), -1, 1);
}
TEST_CASE("initializer.lecun_normal, initializer.variance_scaling: deviation √(1 / in)") {
    has(of(gr::lecun_normal{}, {784, 128}), 0, 1.0 / 28);
    has(of(gr::lecun_normal{}, {4, 1}), 0, 0.5);
    has_truncated(of(gr::lecun_normal{.truncated = true}, {4, 1}), 0.5);
}
TEST_CASE("initializer.pytorch_uniform: within 1 / √in") {
    fills(of(gr::pytorch_uniform{}, {784, 128}), -1.0 / 28, 1.0 / 28);
    fills(of(gr::pytorch_uniform{}, {4, 1}), -0.5, 0.5);
}
TEST_CASE("initializer.glorot_uniform: keeps the variance of a layer's output that of its input") {
    // y = xW with x of variance 1: in · l² / 3 = 2 in / (in + out), which is 1 where the two are equal
    const double l = of(gr::glorot_uniform{}, {64, 64}).high;
    CHECK(64 * l * l / 3 == doctest::Approx(1).epsilon(0.01));
}
TEST_CASE("initializer: the same numbers for ever, one stream for each key") {
    const gr::fan f{8, 3};
    CHECK(gr::glorot_uniform{}(7, 5, f) == -0.24189037967752564);
    CHECK(gr::he_uniform{}(7, 5, f) == -0.28364161224728479);
    CHECK(gr::lecun_uniform{}(7, 5, f) == -0.20056490744674035);
    CHECK(gr::pytorch_uniform{}(7, 5, f) == -0.11579620330436792);
    CHECK(gr::glorot_normal{}(7, 5, f) == -0.18026050072865762);
    CHECK(gr::he_normal{}(7, 5, f) == -0.21137417337283962);
    CHECK(gr::lecun_normal{}(7, 5, f) == -0.14946411135963589);
    CHECK(gr::he_normal{.truncated = true}(7, 5, f) == -0.22874022576693948);
    CHECK(gr::he_normal{}(7, 5, {2, 3}) != gr::he_normal{}(8, 5, {2, 3}));
    CHECK(gr::he_normal{}(7, 5, {2, 3}) != gr::he_normal{}(7, 6, {2, 3}));
}
TEST_CASE("initializer: the defaults of Keras and of PyTorch, by name") {
    gr::seed(7);
    const auto ours = gr::dense<double>(4, 300), keras = gr::dense<double>(4, 300, gr::identity{}, gr::keras_default{});
    CHECK(keras.theta.W == ours.theta.W);
    CHECK(keras.theta.b == gr::tensor<double, 1>({300}, 0.));

    const auto torch = gr::dense<double>(4, 300, gr::identity{}, gr::pytorch_default{});  // U(±1/2), both
    for (const auto values : {gr::flat(torch.theta.W), gr::flat(torch.theta.b)}) {
        CHECK(std::ranges::max(values) <= 0.5);
        CHECK(std::ranges::max(values) > 0.48);
        CHECK(std::ranges::min(values) < -0.48);
    }
    CHECK(torch.theta.W(0, 0) == gr::pytorch_uniform{}(gr::random::mix(torch.key, "W"), 0, {4, 300}));
    CHECK(torch.theta.b(7) == gr::pytorch_uniform{}(gr::random::mix(torch.key, "b"), 7, {4, 300}));
}
