// What papers and other libraries write otherwise than PyTorch: by hand, and how far the paths part. Their twins are compared
// beside those of PyTorch's form (formulas.cpp), by the same functions.
#include "steps.hpp"

namespace gr = gradus;

namespace {

/// W[0,0] after PyTorch's ten gradients, the options changed on the way where asked.
template <class Options>
double after_ten(const Options& options, double alpha_after_five = 0) {
    support::ten_steps<double> steps;
    gr::optimizer descend(steps.net, options);
    for (std::size_t t = 0; t < 10; ++t) {
        if (t == 5 && alpha_after_five != 0) descend.options.learning_rate = alpha_after_five;
        descend(steps.net, steps.gradient(t));
    }
    return steps.net.theta.W(0, 0);
}

}  // namespace

TEST_CASE("sgd.velocity, sgd.theta_velocity, sgd.nesterov_velocity: by hand") {
    double theta = 2, v = 0;
    gr::sgd o{.learning_rate = 0.1, .momentum = 0.5, .form = gr::sgd::sutskever};
    o.step<double>(1)(theta, 3.0, v);
    CHECK(v == doctest::Approx(-0.3));     // 0.5 · 0 − 0.1 · 3
    CHECK(theta == doctest::Approx(1.7));  // 2 − 0.3
    o.nesterov = true;
    o.step<double>(2)(theta, 1.0, v);
    CHECK(v == doctest::Approx(-0.25));      // −0.15 − 0.1
    CHECK(theta == doctest::Approx(1.475));  // 1.7 − 0.125 − 0.1
}
TEST_CASE("sgd.theta_velocity, sgd.nesterov_velocity: the path is the same until α changes") {
    for (const bool nesterov : {false, true}) {
        const gr::sgd ours{.learning_rate = 0.05, .nesterov = nesterov};
        const gr::sgd theirs{.learning_rate = 0.05, .nesterov = nesterov, .form = gr::sgd::sutskever};
        CHECK(after_ten(ours) == doctest::Approx(after_ten(theirs)).epsilon(1e-13));
        CHECK(std::abs(after_ten(ours, 0.005) - after_ten(theirs, 0.005)) > 1e-3);
    }
}
TEST_CASE("adam.epsilon_hat: by hand") {
    double theta = 2, m = 0, v = 0;
    gr::adam{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1, .form = gr::adam::keras}.step<double>(1)(theta, 4.0, m, v);
    // α √(1 − 0.75) / (1 − 0.5) = 0.1, m = 2, √v = 2: 2 − 0.1 · 2 / (2 + 1)
    CHECK(theta == doctest::Approx(2 - 0.2 / 3));
}
TEST_CASE("amsgrad.theta_paper, amsgrad.u_corrected: by hand") {
    gr::amsgrad o{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.25, .epsilon = 1, .form = gr::amsgrad::paper};
    double theta = 2, m = 0, v = 0, u = 0;
    o.step<double>(1)(theta, 4.0, m, v, u);
    CHECK(theta == doctest::Approx(2 - 0.2 / (std::sqrt(12) + 1)));  // m = 2, u = 12: neither is corrected
    o.form = gr::amsgrad::optax;
    theta = 2, m = v = u = 0;
    o.step<double>(1)(theta, 4.0, m, v, u);
    CHECK(u == doctest::Approx(16));        // 12 / (1 − 0.25)
    CHECK(theta == doctest::Approx(1.92));  // m̂ = 4: 2 − 0.1 · 4 / (4 + 1)
    o.step<double>(2)(theta, 2.0, m, v, u);
    CHECK(u == doctest::Approx(16));  // v = 6, corrected 6.4
}
TEST_CASE("adagrad.theta_inside: by hand") {
    double theta = 2, s = 0;
    gr::adagrad{.learning_rate = 0.5, .epsilon = 16, .form = gr::adagrad::keras}.step<double>(1)(theta, 3.0, s);
    CHECK(theta == doctest::Approx(1.7));  // 2 − 0.5 · 3 / √(9 + 16)
}
TEST_CASE("rmsprop.b_tensorflow, rmsprop.theta_tensorflow: by hand") {
    double theta = 2, v = 0, b = 0;
    const gr::rmsprop o{.learning_rate = 0.1, .rho = 0.75, .epsilon = 12, .momentum = 0.5, .form = gr::rmsprop::tensorflow};
    o.step<double>(1)(theta, 4.0, v, b);
    CHECK(b == doctest::Approx(0.1));  // 0.1 · 4 / √(4 + 12)
    CHECK(theta == doctest::Approx(1.9));
}
TEST_CASE("centered_rmsprop.b_tensorflow, centered_rmsprop.theta_tensorflow: by hand") {
    double theta = 2, v = 0, a = 0, b = 0;
    const gr::centered_rmsprop o{.learning_rate = 0.1, .rho = 0.5, .epsilon = 12, .form = gr::centered_rmsprop::tensorflow};
    o.step<double>(1)(theta, 4.0, v, a, b);
    CHECK(b == doctest::Approx(0.1));  // σ² = 8 − 4: 0.1 · 4 / √(4 + 12)
    CHECK(theta == doctest::Approx(1.9));
}
TEST_CASE("nadam.m_paper: by hand") {
    std::array<double, 1> product{0.25};
    double theta = 2, m = 0, v = 0;
    const gr::nadam o{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1, .momentum_decay = 0, .form = gr::nadam::paper};
    o.step<double>(1, product)(theta, 4.0, m, v);
    CHECK(m == 3);  // μ = 0.25: 0.75 · 4
    CHECK(theta == doctest::Approx(2 - 0.1 * (0.25 * 3 / 0.9375 + 4) / 5));
}
