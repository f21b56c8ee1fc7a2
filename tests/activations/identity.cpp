#include "gradus/activations/identity.hpp"

#include "../support/activation.hpp"

using gradus::identity;

TEST_CASE("identity: f(z) = z, f'(z) = 1") {
    CHECK(identity::value(-2.5) == -2.5);
    CHECK(identity::derivative(-2.5) == 1);
}
TEST_CASE("identity: a number, a register and an expression") {
    support::is_generic<identity, float>();
    support::is_generic<identity, double>();
}
TEST_CASE("identity.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<identity>();
}
TEST_CASE("identity: PyTorch's values") {
    support::equals_pytorch<identity, float>("identity");
    support::equals_pytorch<identity, double>("identity");
}
TEST_CASE("identity, identity.backward: as a layer") {
    support::is_a_layer<identity>();
}
