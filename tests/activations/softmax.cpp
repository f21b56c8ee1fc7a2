#include "gradus/activations/softmax.hpp"

#include "../support/activation.hpp"

using gradus::log_softmax;
using gradus::softmax;
namespace gr = gradus;

TEST_CASE("softmax.forward: by hand") {
    const double z[] = {std::log(1.0), std::log(2.0), std::log(5.0)};
    double y[3];
    softmax::row(z, y, 3);
    CHECK(y[0] == doctest::Approx(1.0 / 8));  // e^z = 1, 2, 5; their sum is 8
    CHECK(y[1] == doctest::Approx(2.0 / 8));
    CHECK(y[2] == doctest::Approx(5.0 / 8));
}
TEST_CASE("softmax.backward: by hand") {
    const double y[] = {0.5, 0.25, 0.25}, dy[] = {1, 0, -1};
    double dz[3];
    softmax::row_backward(y, dy, dz, 3);       // Σ dy y = 0.5 − 0.25 = 0.25
    CHECK(dz[0] == doctest::Approx(0.375));    // 0.5 (1 − 0.25)
    CHECK(dz[1] == doctest::Approx(-0.0625));  // 0.25 (0 − 0.25)
    CHECK(dz[2] == doctest::Approx(-0.3125));  // 0.25 (−1 − 0.25)
}
TEST_CASE("softmax.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<softmax>();
}
TEST_CASE("softmax.forward, softmax.backward: PyTorch's values") {
    support::equals_pytorch<softmax, float>("softmax");
    support::equals_pytorch<softmax, double>("softmax");
}
TEST_CASE("softmax: kernel and twin at every length") {
    support::equals_reference<softmax, float>();
    support::equals_reference<softmax, double>();
}
TEST_CASE("softmax: finite for every finite z") {
    support::is_finite_everywhere<softmax, float>();
    support::is_finite_everywhere<softmax, double>();
}
TEST_CASE("softmax.forward: leaves z + c as it is, and its rows sum to 1") {
    const auto z = support::draw<gr::tensor<double, 3>>({2, 3, 33}, 5, -4, 4);
    gr::tensor<double, 3> y(z.shape()), shifted(z.shape());
    gradus::activate(softmax{}, z, y);
    gradus::activate(softmax{}, gr::tensor<double, 3>(z + 1000), shifted);
    CHECK(support::difference(shifted, y) <= 1e-12);
    const gr::tensor<double, 2> sums = xt::sum(y, {2});
    CHECK(support::difference(sums, gr::tensor<double, 2>({2, 3}, 1.0)) <= 1e-14);
}
TEST_CASE("softmax.forward, softmax.backward: as a layer") {
    support::is_a_layer<softmax>();
}

TEST_CASE("log_softmax.forward: by hand") {
    const double z[] = {std::log(1.0), std::log(2.0), std::log(5.0)};
    double y[3];
    log_softmax::row(z, y, 3);
    CHECK(y[0] == doctest::Approx(-std::log(8.0)));  // e^z = 1, 2, 5; their sum is 8
    CHECK(y[1] == doctest::Approx(std::log(0.25)));
    CHECK(y[2] == doctest::Approx(std::log(0.625)));
}
TEST_CASE("log_softmax.backward: by hand") {
    const double y[] = {std::log(0.5), std::log(0.25), std::log(0.25)}, dy[] = {1, 0, 3};
    double dz[3];
    log_softmax::row_backward(y, dy, dz, 3);  // Σ dy = 4
    CHECK(dz[0] == doctest::Approx(-1));      // 1 − 0.5 · 4
    CHECK(dz[1] == doctest::Approx(-1));      // 0 − 0.25 · 4
    CHECK(dz[2] == doctest::Approx(2));       // 3 − 0.25 · 4
}
TEST_CASE("log_softmax.backward: central differences with a random upstream gradient") {
    support::follows_central_differences<log_softmax>();
}
TEST_CASE("log_softmax.forward, log_softmax.backward: PyTorch's values") {
    support::equals_pytorch<log_softmax, float>("log_softmax");
    support::equals_pytorch<log_softmax, double>("log_softmax");
}
TEST_CASE("log_softmax: kernel and twin at every length") {
    support::equals_reference<log_softmax, float>();
    support::equals_reference<log_softmax, double>();
}
TEST_CASE("log_softmax: finite up to 1e30, where softmax is exactly 0") {
    support::is_finite_everywhere<log_softmax, float>(1e30f);
    support::is_finite_everywhere<log_softmax, double>(1e30);
}
TEST_CASE("log_softmax.forward: beside a large z the logarithm keeps its digits") {
    const float z[] = {1e4f, 1e4f, -1e4f};
    float y[3];
    log_softmax::row(z, y, 3);
    CHECK(y[0] == doctest::Approx(-std::log(2.0)).epsilon(1e-6));  // 1e4 + 0.6931 would be 1e4 + 0.6934
    CHECK(y[2] == doctest::Approx(-2e4 - std::log(2.0)));
}
TEST_CASE("log_softmax.forward, log_softmax.backward: as a layer") {
    support::is_a_layer<log_softmax>();
}
