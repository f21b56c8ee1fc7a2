#include "gradus/activations/softplus.hpp"

#include "../support/activation.hpp"

using gradus::softplus;

TEST_CASE("softplus: by hand") {
    CHECK(softplus::value(0.0) == doctest::Approx(std::log(2.0)));
    CHECK(softplus::value(std::log(3.0)) == doctest::Approx(std::log(4.0)));  // 1 + 3
    CHECK(softplus::value(1e4) == 1e4);
    CHECK(softplus::value(-1e4) == 0);
}
TEST_CASE("softplus.backward: by hand") {
    CHECK(softplus::derivative(0.0) == 0.5);
    CHECK(softplus::derivative(std::log(3.0)) == doctest::Approx(0.75));
}
TEST_CASE("softplus: no digit is lost where it is next to 0: log(1 + eᶻ) ≈ eᶻ") {
    for (const float z : {-10.0f, -20.0f, -40.0f, -80.0f}) {
        float lane[support::k::width<float>];
        softplus::value(support::k::reg<float>(z)).store_unaligned(lane);
        CHECK(lane[0] == doctest::Approx(std::log1p(std::exp(static_cast<double>(z)))).epsilon(1e-6));
    }
}
TEST_CASE("softplus: a number, a register and an expression") {
    support::is_generic<softplus, float>();
    support::is_generic<softplus, double>();
}
TEST_CASE("softplus.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<softplus>();
}
TEST_CASE("softplus, softplus.backward: PyTorch's values") {
    support::equals_pytorch<softplus, float>("softplus");
    support::equals_pytorch<softplus, double>("softplus");
}
TEST_CASE("softplus: kernel and twin at every length") {
    support::equals_reference<softplus, float>();
    support::equals_reference<softplus, double>();
}
TEST_CASE("softplus: finite for every finite z") {
    support::is_finite_everywhere<softplus, float>();
    support::is_finite_everywhere<softplus, double>();
}
TEST_CASE("softplus, softplus.backward: as a layer") {
    support::is_a_layer<softplus>();
}
