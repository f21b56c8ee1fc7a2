#include "gradus/optimizers/clip.hpp"

#include <limits>

#include "../support/message.hpp"
#include "steps.hpp"

namespace gr = gradus;
using support::difference;
using support::message_of;
using support::pytorch;

namespace {

template <class T>
gr::gradients<support::pair<T>> first_gradient() {
    const support::ten_steps<T> steps;
    gr::gradients grad(steps.net);
    grad.values = steps.gradient(0);
    return grad;
}

template <class T>
void equals(const gr::gradients<support::pair<T>>& grad, const std::string& name) {
    CHECK(difference(grad.values.W, pytorch<gr::tensor<double, 2>>("optimizers/" + name + ".W")) <= support::tolerance<T>());
    CHECK(difference(grad.values.b, pytorch<gr::tensor<double, 1>>("optimizers/" + name + ".b")) <= support::tolerance<T>());
}

gr::gradients<support::pair<double>> by_hand() {
    const support::pair<double> net{{{{0}}, {0}}};
    gr::gradients grad(net);
    grad.values = {{{3}}, {-4}};
    return grad;
}

/// A parameter that learns between two that do not.
struct partly_fixed {
    struct parameters {
        gr::tensor<double, 1> before, learns, after;
        static void each(auto&& f, auto&... p) {
            f(gr::entry("before").frozen(), p.before...), f("learns", p.learns...), f(gr::entry("after").frozen(), p.after...);
        }
    };
    parameters theta;
};

}  // namespace

TEST_CASE("sum_of_squares: by hand, and of any length") {
    const float g[] = {1, 2, 3};
    CHECK(gr::sum_of_squares(g, 3) == 14);
    CHECK(gr::sum_of_squares(g, 0) == 0);
    for (std::size_t n = 1; n < 70; ++n) {
        const auto x = support::draw<gr::tensor<float, 1>>({n}, n);
        double sum = 0;
        for (const float v : x) sum += double(v) * double(v);
        CHECK(gr::sum_of_squares(x.data(), n) == doctest::Approx(sum).epsilon(1e-14));
    }
}
TEST_CASE("sum_of_squares: in double, where a float would overflow or lose") {
    gr::tensor<float, 1> x({100000}, 1e30f);
    CHECK(gr::sum_of_squares(x.data(), x.size()) == doctest::Approx(1e65).epsilon(1e-6));
    x.fill(1 + 1e-4f);
    CHECK(gr::sum_of_squares(x.data(), x.size()) == doctest::Approx(1e5 * double(x(0)) * double(x(0))).epsilon(1e-12));
}
TEST_CASE("clip.norm, clip.norm_of, clip.factor: by hand") {
    auto grad = by_hand();
    CHECK(gr::global_norm(grad) == 5);
    CHECK(gr::clip_factor(5, 2.5) == 2.5 / 5.000001);
    CHECK(gr::clip_factor(5, 10) == 1);
    CHECK(gr::clip_norm(grad, 2.5) == 5);
    CHECK(grad.values.W(0, 0) == doctest::Approx(1.5).epsilon(1e-6));
    CHECK(grad.values.b(0) == doctest::Approx(-2).epsilon(1e-6));
    CHECK(gr::clip_norm(grad, 0) == doctest::Approx(2.5).epsilon(1e-6));
    CHECK(gr::global_norm(grad) == 0);
}
TEST_CASE("clip.norm_of: of what learns alone, by hand") {
    gr::gradients grad(partly_fixed{{{0}, {0, 0}, {0}}});
    grad.values = {{12}, {3, -4}, {84}};
    CHECK(gr::global_norm(grad) == 5);
    CHECK(gr::clip_norm(grad, 10) == 5);
    CHECK(grad.values.learns(0) == 3);
}
TEST_CASE("clip.norm: below the limit, no bit changes") {
    auto grad = first_gradient<float>();
    const auto before = grad;
    gr::clip_norm(grad, 100);
    CHECK(support::same(grad.values.W, before.values.W));
    CHECK(support::same(grad.values.b, before.values.b));
}
TEST_CASE("clip.value: by hand") {
    auto grad = by_hand();
    gr::clip_value(grad, 3.5);
    CHECK(grad.values.W(0, 0) == 3);
    CHECK(grad.values.b(0) == -3.5);
    grad.values.b(0) = std::nan("");
    grad.values.W(0, 0) = std::numeric_limits<double>::infinity();
    gr::clip_value(grad, 1);
    CHECK(grad.values.W(0, 0) == 1);
    CHECK(std::isnan(grad.values.b(0)));
}
TEST_CASE_TEMPLATE("clip.norm, clip.value: PyTorch's", T, float, double) {
    auto near = first_gradient<T>(), far = near, valued = near;
    CHECK(difference(gr::clip_norm(near, 2), support::pytorch_number("optimizers/clip_norm.norm")) <= support::tolerance<T>());
    equals(near, "clip_norm");
    CHECK(difference(gr::clip_norm(far, 100), support::pytorch_number("optimizers/clip_norm_far.norm")) <= support::tolerance<T>());
    equals(far, "clip_norm_far");
    gr::clip_value(valued, 0.5);
    equals(valued, "clip_value");
}
TEST_CASE("clip.norm, clip.value: limits that are none") {
    auto grad = by_hand();
    CHECK(message_of([&] { gr::clip_norm(grad, -1); }) == "clip_norm: limit must be in [0, ∞), is -1");
    CHECK(message_of([&] { gr::clip_value(grad, std::nan("")); }) == "clip_value: limit must be in [0, ∞), is nan");
}
