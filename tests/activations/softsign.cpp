#include "gradus/activations/softsign.hpp"

#include "../support/activation.hpp"

using gradus::softsign;

TEST_CASE("softsign: by hand") {
    CHECK(softsign::value(0.0) == 0);
    CHECK(softsign::value(3.0) == 0.75);  // 3 / 4
    CHECK(softsign::value(-1.0) == -0.5);
}
TEST_CASE("softsign.backward: by hand") {
    CHECK(softsign::derivative(0.0) == 1);
    CHECK(softsign::derivative(0.75) == 0.0625);  // 1 / 4², at z = 3
    CHECK(softsign::derivative(-0.5) == 0.25);
}
TEST_CASE("softsign: a number, a register and an expression") {
    support::is_generic<softsign, float>();
    support::is_generic<softsign, double>();
}
TEST_CASE("softsign.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<softsign>();
}
TEST_CASE("softsign, softsign.backward: PyTorch's values") {
    support::equals_pytorch<softsign, float>("softsign");
    support::equals_pytorch<softsign, double>("softsign");
}
TEST_CASE("softsign: kernel and twin at every length") {
    support::equals_reference<softsign, float>();
    support::equals_reference<softsign, double>();
}
TEST_CASE("softsign: finite for every finite z") {
    support::is_finite_everywhere<softsign, float>();
    support::is_finite_everywhere<softsign, double>();
}
TEST_CASE("softsign, softsign.backward: as a layer") {
    support::is_a_layer<softsign>();
}
