#include "gradus/activations/gelu.hpp"

#include "../support/activation.hpp"

using gradus::gelu;
using gradus::gelu_tanh;

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
TEST_CASE("gelu, gelu.backward: as a layer") {
    support::is_a_layer<gelu>();
}

TEST_CASE("gelu_tanh: by hand") {
    CHECK(gelu_tanh::value(0.0) == 0);
    const double u = std::sqrt(2 / 3.14159265358979) * (1 + 0.044715);  // at z = 1
    CHECK(gelu_tanh::value(1.0) == doctest::Approx(0.5 * (1 + std::tanh(u))));
    CHECK(gelu_tanh::value(1.0) == doctest::Approx(0.8411919906));  // Φ(1) = 0.8413447461
}
TEST_CASE("gelu_tanh.backward: by hand") {
    CHECK(gelu_tanh::derivative(0.0) == 0.5);
    const double root = std::sqrt(2 / 3.14159265358979), t = std::tanh(root * (1 + 0.044715));
    CHECK(gelu_tanh::derivative(1.0) ==
          doctest::Approx(0.5 * (1 + t) + 0.5 * (1 - t * t) * root * (1 + 3 * 0.044715)));  // the product rule, z = 1
}
TEST_CASE("gelu_tanh: within 5e-4 of the exact form") {
    double worst = 0;
    for (double z = -8; z <= 8; z += 0.01) worst = std::max(worst, std::abs(gelu_tanh::value(z) - gelu::value(z)));
    CHECK(worst < 5e-4);
    CHECK(worst > 4e-4);
}
TEST_CASE("gelu_tanh: a number, a register and an expression") {
    support::is_generic<gelu_tanh, float>();
    support::is_generic<gelu_tanh, double>();
}
TEST_CASE("gelu_tanh.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<gelu_tanh>();
}
TEST_CASE("gelu_tanh, gelu_tanh.backward: PyTorch's values") {
    support::equals_pytorch<gelu_tanh, float>("gelu_tanh");
    support::equals_pytorch<gelu_tanh, double>("gelu_tanh");
}
TEST_CASE("gelu_tanh: kernel and twin at every length") {
    support::equals_reference<gelu_tanh, float>();
    support::equals_reference<gelu_tanh, double>();
}
TEST_CASE("gelu_tanh: finite up to 1e12, whose cube a float holds") {
    support::is_finite_everywhere<gelu_tanh, float>(1e12f);
    support::is_finite_everywhere<gelu_tanh, double>(1e12f);
}
TEST_CASE("gelu_tanh, gelu_tanh.backward: as a layer") {
    support::is_a_layer<gelu_tanh>();
}
