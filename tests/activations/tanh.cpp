#include "gradus/activations/tanh.hpp"

#include "../support/activation.hpp"

using activation = gradus::tanh;

TEST_CASE("tanh: by hand") {
    CHECK(activation::value(0.0) == 0);
    CHECK(activation::value(std::log(2.0)) == doctest::Approx(0.6));    // (2 − 1/2) / (2 + 1/2)
    CHECK(activation::value(-std::log(2.0)) == doctest::Approx(-0.6));  // odd
}
TEST_CASE("tanh.backward: by hand") {
    CHECK(activation::derivative(0.0) == 1);
    CHECK(activation::derivative(0.6) == doctest::Approx(0.64));  // 1 − 0.36, at z = log 2
}
TEST_CASE("tanh: a number, a register and an expression") {
    support::is_generic<activation, float>();
    support::is_generic<activation, double>();
}
TEST_CASE("tanh.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<activation>();
}
TEST_CASE("tanh, tanh.backward: PyTorch's values") {
    support::equals_pytorch<activation, float>("tanh");
    support::equals_pytorch<activation, double>("tanh");
}
TEST_CASE("tanh: kernel and twin at every length") {
    support::equals_reference<activation, float>();
    support::equals_reference<activation, double>();
}
TEST_CASE("tanh: finite for every finite z") {
    support::is_finite_everywhere<activation, float>();
    support::is_finite_everywhere<activation, double>();
}
TEST_CASE("tanh, tanh.backward: as a layer") {
    support::is_a_layer<activation>();
}
