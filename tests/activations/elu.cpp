#include "gradus/activations/elu.hpp"

#include "../support/activation.hpp"

using gradus::elu;
using gradus::selu;

TEST_CASE("elu: by hand") {
    CHECK(elu{}.value(2.5) == 2.5);
    CHECK(elu{}.value(-std::log(2.0)) == doctest::Approx(-0.5));             // ½ − 1
    CHECK(elu{.alpha = 3}.value(-std::log(4.0)) == doctest::Approx(-2.25));  // 3 (¼ − 1)
    CHECK(elu{.alpha = 3}.value(-1e4) == -3);
}
TEST_CASE("elu.backward: by hand, and α at the kink") {
    CHECK(elu{}.derivative(2.5) == 1);
    CHECK(elu{}.derivative(-std::log(2.0)) == doctest::Approx(0.5));
    CHECK(elu{.alpha = 3}.derivative(0.0) == 3);
}
TEST_CASE_TEMPLATE("elu, elu.backward: another α, PyTorch's values", T, float, double) {
    support::equals_pytorch<elu, T>("elu.alpha", {.alpha = 1.5});
    support::equals_reference<elu, T>({.alpha = 1.5});
    support::is_generic<elu, T>({.alpha = 1.5});
    support::is_finite_everywhere<elu, T>(std::numeric_limits<T>::max(), {.alpha = 0});
}
TEST_CASE("elu, selu: no digit is lost next to 0, where eᶻ − 1 loses nearly all") {
    for (const float z : {-1e-3f, -1e-6f, -1e-12f, -1e-30f}) {
        float lane[support::k::width<float>];
        elu{}.value(support::k::reg<float>(z)).store_unaligned(lane);
        CHECK(lane[0] == doctest::Approx(std::expm1(static_cast<double>(z))).epsilon(1e-6));
        selu{}.value(support::k::reg<float>(z)).store_unaligned(lane);
        CHECK(lane[0] == doctest::Approx(1.7580993408473769 * std::expm1(static_cast<double>(z))).epsilon(1e-6));
    }
}
TEST_CASE("elu: a number, a register and an expression") {
    support::is_generic<elu, float>();
    support::is_generic<elu, double>();
}
TEST_CASE("elu.backward: central differences with a random upstream gradient, away from the kink") {
    support::follows_central_differences<elu>();
}
TEST_CASE("elu, elu.backward: PyTorch's values") {
    support::equals_pytorch<elu, float>("elu");
    support::equals_pytorch<elu, double>("elu");
}
TEST_CASE("elu: kernel and twin at every length") {
    support::equals_reference<elu, float>();
    support::equals_reference<elu, double>();
}
TEST_CASE("elu: finite for every finite z") {
    support::is_finite_everywhere<elu, float>();
    support::is_finite_everywhere<elu, double>();
}
TEST_CASE("elu, elu.backward: as a layer") {
    support::is_a_layer<elu>();
}

TEST_CASE("selu: by hand") {
    CHECK(selu::value(2.0) == doctest::Approx(2.1014019747));               // 2 λ
    CHECK(selu::value(-std::log(2.0)) == doctest::Approx(-0.8790496704));   // −½ λα
    CHECK(selu::value(-1e4) == doctest::Approx(-1.7580993408));             // −λα
}
TEST_CASE("selu.backward: by hand") {
    CHECK(selu::derivative(2.0) == doctest::Approx(1.0507009874));            // λ
    CHECK(selu::derivative(-0.8790496704) == doctest::Approx(0.8790496704));  // λα e^(−log 2)
}
TEST_CASE("selu: keeps mean 0 and variance 1, for which its constants are chosen") {
    double mean = 0, square = 0, weights = 0;  // ∫ f φ and ∫ f² φ, by the trapezoidal rule
    for (double z = -12; z <= 12; z += 1e-3) {
        const double weight = std::exp(-z * z / 2);
        weights += weight, mean += weight * selu::value(z), square += weight * selu::value(z) * selu::value(z);
    }
    CHECK(std::abs(mean / weights) < 1e-6);
    CHECK(square / weights == doctest::Approx(1).epsilon(1e-6));
}
TEST_CASE("selu: a number, a register and an expression") {
    support::is_generic<selu, float>();
    support::is_generic<selu, double>();
}
TEST_CASE("selu.backward: central differences with a random upstream gradient, away from the kink") {
    support::follows_central_differences<selu>();
}
TEST_CASE("selu, selu.backward: PyTorch's values") {
    support::equals_pytorch<selu, float>("selu");
    support::equals_pytorch<selu, double>("selu");
}
TEST_CASE("selu: kernel and twin at every length") {
    support::equals_reference<selu, float>();
    support::equals_reference<selu, double>();
}
TEST_CASE("selu: finite up to 1e30") {
    support::is_finite_everywhere<selu, float>(1e30f);
    support::is_finite_everywhere<selu, double>(1e30f);
}
TEST_CASE("selu, selu.backward: as a layer") {
    support::is_a_layer<selu>();
}
