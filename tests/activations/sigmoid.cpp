#include "gradus/activations/sigmoid.hpp"

#include "../support/activation.hpp"

using gradus::sigmoid;

TEST_CASE("sigmoid: by hand") {
    CHECK(sigmoid::value(0.0) == 0.5);                               // 1 / (1 + 1)
    CHECK(sigmoid::value(std::log(3.0)) == doctest::Approx(0.75));   // 1 / (1 + 1/3)
    CHECK(sigmoid::value(-std::log(3.0)) == doctest::Approx(0.25));  // 1 / (1 + 3): σ(−z) = 1 − σ(z)
    CHECK(sigmoid::value(0.3775) ==
          doctest::Approx(0.59326999).epsilon(1e-8));  // the first hidden unit of Mazur's example
}
TEST_CASE("sigmoid.backward: by hand") {
    CHECK(sigmoid::derivative(0.5) == 0.25);                                               // at z = 0, its steepest
    CHECK(sigmoid::derivative(sigmoid::value(std::log(3.0))) == doctest::Approx(0.1875));  // 3/4 · 1/4
}
TEST_CASE("sigmoid: a number, a register and an expression") {
    support::is_generic<sigmoid, float>();
    support::is_generic<sigmoid, double>();
}
TEST_CASE("sigmoid.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<sigmoid>();
}
TEST_CASE("sigmoid, sigmoid.backward: PyTorch's values") {
    support::equals_pytorch<sigmoid, float>("sigmoid");
    support::equals_pytorch<sigmoid, double>("sigmoid");
}
TEST_CASE("sigmoid: kernel and twin at every length") {
    support::equals_reference<sigmoid, float>();
    support::equals_reference<sigmoid, double>();
}
TEST_CASE("sigmoid: finite for every finite z, exactly 0 and 1 at its ends") {
    support::is_finite_everywhere<sigmoid, float>();
    support::is_finite_everywhere<sigmoid, double>();
    CHECK(sigmoid::value(-1e4) == 0);
    CHECK(sigmoid::value(1e4) == 1);
}
TEST_CASE("sigmoid, sigmoid.backward: as a layer") {
    support::is_a_layer<sigmoid>();
}
