#include "gradus/activations/leaky_relu.hpp"

#include "../support/activation.hpp"

using gradus::leaky_relu;

TEST_CASE("leaky_relu: by hand") {
    CHECK(leaky_relu{}.value(2.5) == 2.5);
    CHECK(leaky_relu{}.value(-2.5) == -0.025);
    CHECK(leaky_relu{.slope = 0.1}.value(-2.5) == -0.25);
    CHECK(leaky_relu{.slope = -0.5}.value(-3.0) == 1.5);
}
TEST_CASE("leaky_relu.backward: by hand, and α at the kink") {
    CHECK(leaky_relu{}.derivative(2.5) == 1);
    CHECK(leaky_relu{}.derivative(-2.5) == 0.01);
    CHECK(leaky_relu{.slope = 0.1}.derivative(0.0) == 0.1);
    CHECK(leaky_relu{.slope = -0.5}.derivative(-3.0) == -0.5);  // though y = 1.5 > 0
}
TEST_CASE_TEMPLATE("leaky_relu, leaky_relu.backward: other slopes, PyTorch's values", T, float, double) {
    support::equals_pytorch<leaky_relu, T>("leaky_relu.slope", {.slope = 0.3});
    support::equals_pytorch<leaky_relu, T>("leaky_relu.negative", {.slope = -0.5});
    support::equals_reference<leaky_relu, T>({.slope = -0.5});
    support::is_generic<leaky_relu, T>({.slope = 0.3});
}
TEST_CASE("leaky_relu: a number, a register and an expression") {
    support::is_generic<leaky_relu, float>();
    support::is_generic<leaky_relu, double>();
}
TEST_CASE("leaky_relu.backward: central differences with a random upstream gradient, away from the kink") {
    support::follows_central_differences<leaky_relu>();
}
TEST_CASE("leaky_relu, leaky_relu.backward: PyTorch's values") {
    support::equals_pytorch<leaky_relu, float>("leaky_relu");
    support::equals_pytorch<leaky_relu, double>("leaky_relu");
}
TEST_CASE("leaky_relu: kernel and twin at every length") {
    support::equals_reference<leaky_relu, float>();
    support::equals_reference<leaky_relu, double>();
}
TEST_CASE("leaky_relu: finite for every finite z") {
    support::is_finite_everywhere<leaky_relu, float>();
    support::is_finite_everywhere<leaky_relu, double>();
}
TEST_CASE("leaky_relu, leaky_relu.backward: as a layer") {
    support::is_a_layer<leaky_relu>();
}
