#include "gradus/activations/silu.hpp"

#include "../support/activation.hpp"

using gradus::silu;

TEST_CASE("silu: by hand") {
    CHECK(silu::value(0.0) == 0);
    CHECK(silu::value(std::log(3.0)) == doctest::Approx(0.75 * std::log(3.0)));    // σ = 3/4
    CHECK(silu::value(-std::log(3.0)) == doctest::Approx(-0.25 * std::log(3.0)));  // σ = 1/4
    static_assert(std::is_same_v<silu, gradus::swish>);
}
TEST_CASE("silu.backward: by hand") {
    CHECK(silu::derivative(0.0) == 0.5);
    CHECK(silu::derivative(std::log(3.0)) == doctest::Approx(0.75 * (1 + 0.25 * std::log(3.0))));
}
TEST_CASE("silu: a number, a register and an expression") {
    support::is_generic<silu, float>();
    support::is_generic<silu, double>();
}
TEST_CASE("silu.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<silu>();
}
TEST_CASE("silu, silu.backward: PyTorch's values") {
    support::equals_pytorch<silu, float>("silu");
    support::equals_pytorch<silu, double>("silu");
}
TEST_CASE("silu: kernel and twin at every length") {
    support::equals_reference<silu, float>();
    support::equals_reference<silu, double>();
}
TEST_CASE("silu: finite for every finite z") {
    support::is_finite_everywhere<silu, float>();
    support::is_finite_everywhere<silu, double>();
}
TEST_CASE("silu, silu.backward: as a layer") {
    support::is_a_layer<silu>();
}
