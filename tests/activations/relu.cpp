#include "gradus/activations/relu.hpp"

#include "../support/activation.hpp"

using gradus::relu;

TEST_CASE("relu: by hand") {
    CHECK(relu::value(2.5) == 2.5);
    CHECK(relu::value(-2.5) == 0);
    CHECK(relu::value(0.0) == 0);
}
TEST_CASE("relu.backward: by hand, and 0 at the kink") {
    CHECK(relu::derivative(2.5) == 1);
    CHECK(relu::derivative(0.0) == 0);  // all that is left of a z below 0, and z = 0 itself
}
TEST_CASE("relu: a number, a register and an expression") {
    support::is_generic<relu, float>();
    support::is_generic<relu, double>();
}
TEST_CASE("relu.backward: central differences with a random upstream gradient, away from the kink") {
    support::follows_central_differences<relu>();
}
TEST_CASE("relu, relu.backward: PyTorch's values, the kink among them") {
    support::equals_pytorch<relu, float>("relu");
    support::equals_pytorch<relu, double>("relu");
}
TEST_CASE("relu: kernel and twin at every length") {
    support::equals_reference<relu, float>();
    support::equals_reference<relu, double>();
}
TEST_CASE("relu: NaN stays NaN, as a number and in a register") {
    const float nan = std::nanf("");
    CHECK(std::isnan(relu::value(nan)));
    const gradus::tensor<float, 2> z({1, 19}, nan);
    gradus::tensor<float, 2> y({1, 19}, 0.0f);
    gradus::activate(relu{}, z, y);
    for (float v : y) CHECK(std::isnan(v));
}
TEST_CASE("relu, relu.backward: as a layer") {
    support::is_a_layer<relu>();
}
