#include "gradus/activations/hard_sigmoid.hpp"

#include "../support/activation.hpp"

using gradus::hard_sigmoid;

TEST_CASE("hard_sigmoid: by hand") {
    CHECK(hard_sigmoid{}.value(0.0) == 0.5);
    CHECK(hard_sigmoid{}.value(1.5) == 0.75);  // 4.5 / 6
    CHECK(hard_sigmoid{}.value(3.0) == 1);
    CHECK(hard_sigmoid{}.value(-7.0) == 0);
    CHECK(hard_sigmoid{.reach = 2.5}.value(1.0) == doctest::Approx(0.7));  // 0.2 + ½
}
TEST_CASE("hard_sigmoid.backward: by hand, and 0 at both kinks") {
    CHECK(hard_sigmoid{}.derivative(0.75) == doctest::Approx(1.0 / 6));
    CHECK(hard_sigmoid{}.derivative(0.0) == 0);
    CHECK(hard_sigmoid{}.derivative(1.0) == 0);
    CHECK(hard_sigmoid{.reach = 2.5}.derivative(0.7) == 0.2);
}
TEST_CASE_TEMPLATE("hard_sigmoid, hard_sigmoid.backward: Keras 2's 0.2z + ½ by PyTorch", T, float, double) {
    support::equals_pytorch<hard_sigmoid, T>("hard_sigmoid.keras", {.reach = 2.5});
    support::equals_reference<hard_sigmoid, T>({.reach = 2.5});
    support::is_generic<hard_sigmoid, T>({.reach = 2.5});
}
TEST_CASE("hard_sigmoid: NaN stays NaN") {
    CHECK(std::isnan(hard_sigmoid{}.value(std::nan(""))));
}
TEST_CASE("hard_sigmoid: a number, a register and an expression") {
    support::is_generic<hard_sigmoid, float>();
    support::is_generic<hard_sigmoid, double>();
}
TEST_CASE("hard_sigmoid.backward: central differences with a random upstream gradient, away from the kinks") {
    support::follows_central_differences<hard_sigmoid>();
}
TEST_CASE("hard_sigmoid, hard_sigmoid.backward: PyTorch's values") {
    support::equals_pytorch<hard_sigmoid, float>("hard_sigmoid");
    support::equals_pytorch<hard_sigmoid, double>("hard_sigmoid");
}
TEST_CASE("hard_sigmoid: kernel and twin at every length") {
    support::equals_reference<hard_sigmoid, float>();
    support::equals_reference<hard_sigmoid, double>();
}
TEST_CASE("hard_sigmoid: finite for every finite z") {
    support::is_finite_everywhere<hard_sigmoid, float>();
    support::is_finite_everywhere<hard_sigmoid, double>();
}
TEST_CASE("hard_sigmoid, hard_sigmoid.backward: as a layer") {
    support::is_a_layer<hard_sigmoid>();
}
