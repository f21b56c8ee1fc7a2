#include "gradus/activations/gelu.hpp"

#include "../support/activation.hpp"

using gradus::gelu;

TEST_CASE("gelu: by hand, from a table of the normal distribution") {
    CHECK(gelu::value(0.0) == 0);
    CHECK(gelu::value(1.0) == doctest::Approx(0.8413447461).epsilon(1e-9));    // 1 · Φ(1)
    CHECK(gelu::value(-1.0) == doctest::Approx(-0.1586552539).epsilon(1e-9));  // −1 · Φ(−1)
    CHECK(gelu::value(2.0) == doctest::Approx(1.9544997361).epsilon(1e-9));    // 2 · 0.9772498681
}
TEST_CASE("gelu.backward: by hand") {
    CHECK(gelu::derivative(0.0) == 0.5);                                            // Φ(0)
    CHECK(gelu::derivative(1.0) == doctest::Approx(1.0833154706).epsilon(1e-9));    // 0.8413447461 + 0.2419707245
    CHECK(gelu::derivative(-1.0) == doctest::Approx(-0.0833154706).epsilon(1e-9));  // 0.1586552539 − 0.2419707245
}
TEST_CASE("gelu: a number, a register and an expression") {
    support::is_generic<gelu, float>();
    support::is_generic<gelu, double>();
}
TEST_CASE("gelu.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<gelu>();
}
TEST_CASE("gelu, gelu.backward: PyTorch's values") {
    support::equals_pytorch<gelu, float>("gelu");
    support::equals_pytorch<gelu, double>("gelu");
}
TEST_CASE("gelu: kernel and twin at every length") {
    support::equals_reference<gelu, float>();
    support::equals_reference<gelu, double>();
}
TEST_CASE("gelu: finite as far as xsimd's erf is") {
    support::is_finite_everywhere<gelu, float>();
    support::is_finite_everywhere<gelu, double>(1e50);  // at 1e100 it is NaN
}
