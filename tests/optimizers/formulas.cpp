// Every optimizer in PyTorch's form: by hand, ten steps of PyTorch's, and the textbook's twin.
#include <cmath>
#include <limits>

#include "steps.hpp"

namespace gr = gradus;
using support::equals_pytorch;
using support::is_generic;

TEST_CASE("gradient_descent.theta: by hand") {
    double theta = 2;
    gr::gradient_descent{.learning_rate = 0.1}.step<double>(1)(theta, 3.0);
    CHECK(theta == doctest::Approx(1.7));  // 2 − 0.1 · 3
}
TEST_CASE("sgd.v, sgd.theta: by hand") {
    double theta = 2, v = 0;
    const gr::sgd o{.learning_rate = 0.1, .momentum = 0.5};
    o.step<double>(1)(theta, 3.0, v);
    CHECK(v == 3);                         // 0.5 · 0 + 3
    CHECK(theta == doctest::Approx(1.7));  // 2 − 0.1 · 3
    o.step<double>(2)(theta, 1.0, v);
    CHECK(v == 2.5);                        // 0.5 · 3 + 1
    CHECK(theta == doctest::Approx(1.45));  // 1.7 − 0.1 · 2.5
}
TEST_CASE("sgd.v: dampening begins with the second step, by hand") {
    double theta = 2, v = 0;
    const gr::sgd o{.learning_rate = 0.1, .momentum = 0.5, .dampening = 0.25};
    o.step<double>(1)(theta, 4.0, v);
    CHECK(v == 4);
    o.step<double>(2)(theta, 4.0, v);
    CHECK(v == 5);  // 0.5 · 4 + 0.75 · 4
}
TEST_CASE("sgd.nesterov: by hand") {
    double theta = 2, v = 0;
    const gr::sgd o{.learning_rate = 0.1, .momentum = 0.5, .nesterov = true};
    o.step<double>(1)(theta, 3.0, v);
    CHECK(theta == doctest::Approx(1.55));  // v = 3: 2 − 0.1 (3 + 0.5 · 3)
    o.step<double>(2)(theta, 1.0, v);
    CHECK(theta == doctest::Approx(1.325));  // v = 2.5: 1.55 − 0.1 (1 + 0.5 · 2.5)
}
TEST_CASE("adam.m, adam.v, adam.m_hat, adam.v_hat, adam.theta: by hand") {
    double theta = 2, m = 0, v = 0;
    const gr::adam o{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1};
    o.step<double>(1)(theta, 4.0, m, v);
    CHECK(m == 2);                          // 0.5 · 0 + 0.5 · 4
    CHECK(v == 4);                          // 0.75 · 0 + 0.25 · 16
    CHECK(theta == doctest::Approx(1.92));  // m̂ = 2 / 0.5 = 4, v̂ = 4 / 0.25 = 16: 2 − 0.1 · 4 / (4 + 1)
    o.step<double>(2)(theta, -2.0, m, v);
    CHECK(m == 0);                          // 0.5 · 2 − 0.5 · 2
    CHECK(v == 4);                          // 0.75 · 4 + 0.25 · 4
    CHECK(theta == doctest::Approx(1.92));  // m̂ = 0
    o.step<double>(3)(theta, 7.0, m, v);
    CHECK(m == 3.5);    // 0.5 · 7
    CHECK(v == 15.25);  // 3 + 0.25 · 49
    // m̂ = 3.5 / (1 − 1/8) = 4, v̂ = 15.25 / (1 − 27/64) = 976/37 = 26.378378, its root 5.135989
    CHECK(theta == doctest::Approx(1.92 - 0.4 / 6.1359887).epsilon(1e-8));
}
TEST_CASE("adam.theta: the first step is α against the sign of the gradient, whatever its size") {
    for (double g : {1e-3, 1.0, -1e6}) {
        double theta = 0, m = 0, v = 0;
        gr::adam{}.step<double>(1)(theta, g, m, v);
        CHECK(theta == doctest::Approx(g > 0 ? -1e-3 : 1e-3).epsilon(1e-4));
    }
}
TEST_CASE("adamw.theta: by hand") {
    support::pair<double> net{{{{2}}, {2}}};
    gr::optimizer descend(net, gr::adamw{.learning_rate = 0.1, .epsilon = 0, .decay = {.decoupled = 0.5, .spare_biases = true}});
    descend(net, {{{3}}, {-3}});
    CHECK(net.theta.W(0, 0) == doctest::Approx(1.8));  // 2 − 0.1 · 1 − 0.1 · 0.5 · 2
    CHECK(net.theta.b(0) == doctest::Approx(2.1));     // a bias, spared: 2 + 0.1
}
TEST_CASE("amsgrad.m, amsgrad.v, amsgrad.u, amsgrad.theta: by hand") {
    double theta = 2, m = 0, v = 0, u = 0;
    const gr::amsgrad o{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.25, .epsilon = 1};
    o.step<double>(1)(theta, 4.0, m, v, u);
    CHECK(m == 2);
    CHECK(v == 12);                         // 0.75 · 16
    CHECK(u == 12);
    CHECK(theta == doctest::Approx(1.92));  // m̂ = 4, û = 12 / 0.75 = 16: 2 − 0.1 · 4 / (4 + 1)
    o.step<double>(2)(theta, 2.0, m, v, u);
    CHECK(m == 2);    // 0.5 · 2 + 0.5 · 2
    CHECK(v == 6);    // 0.25 · 12 + 0.75 · 4
    CHECK(u == 12);   // the larger stays
    // m̂ = 2 / 0.75, û = 12 / (1 − 1/16) = 12.8
    CHECK(theta == doctest::Approx(1.92 - 0.1 * 2 / 0.75 / (std::sqrt(12.8) + 1)));
}
TEST_CASE("adagrad.s, adagrad.theta: by hand") {
    double theta = 2, s = 0;
    const gr::adagrad o{.learning_rate = 0.5, .learning_rate_decay = 1, .epsilon = 1};
    o.step<double>(1)(theta, 3.0, s);
    CHECK(s == 9);
    CHECK(theta == doctest::Approx(1.625));  // 2 − 0.5 · 3 / (3 + 1)
    o.step<double>(2)(theta, 4.0, s);
    CHECK(s == 25);
    CHECK(theta == doctest::Approx(1.625 - 1.0 / 6));  // α₂ = 0.25: 0.25 · 4 / (5 + 1)
}
TEST_CASE("adadelta.v, adadelta.delta, adadelta.u, adadelta.theta: by hand") {
    double theta = 2, v = 0, u = 0;
    const gr::adadelta o{.learning_rate = 0.5, .rho = 0.5, .epsilon = 1};
    o.step<double>(1)(theta, 4.0, v, u);
    CHECK(v == 8);                                  // 0.5 · 16
    CHECK(theta == doctest::Approx(2 - 2.0 / 3));   // δ = √1 / √9 · 4 = 4/3
    CHECK(u == doctest::Approx(8.0 / 9));           // 0.5 · 16/9
    o.step<double>(2)(theta, 0.0, v, u);
    CHECK(v == 4);
    CHECK(u == doctest::Approx(4.0 / 9));
    CHECK(theta == doctest::Approx(2 - 2.0 / 3));
}
TEST_CASE("rmsprop.v, rmsprop.b, rmsprop.theta: by hand") {
    double theta = 2, v = 0, b = 0;
    const gr::rmsprop o{.learning_rate = 0.1, .rho = 0.75, .epsilon = 2, .momentum = 0.5};
    o.step<double>(1)(theta, 4.0, v, b);
    CHECK(v == 4);                         // 0.25 · 16
    CHECK(b == 1);                         // 4 / (2 + 2)
    CHECK(theta == doctest::Approx(1.9));  // 2 − 0.1 · 1
    o.step<double>(2)(theta, 0.0, v, b);
    CHECK(v == 3);
    CHECK(b == 0.5);
    CHECK(theta == doctest::Approx(1.85));
}
TEST_CASE("centered_rmsprop.v, centered_rmsprop.a, centered_rmsprop.variance, centered_rmsprop.b, centered_rmsprop.theta: by hand") {
    double theta = 2, v = 0, a = 0, b = 0;
    const gr::centered_rmsprop o{.learning_rate = 0.1, .rho = 0.5, .epsilon = 2, .momentum = 0.5};
    o.step<double>(1)(theta, 4.0, v, a, b);
    CHECK(v == 8);                         // 0.5 · 16
    CHECK(a == 2);                         // 0.5 · 4
    CHECK(b == 1);                         // σ² = 8 − 4: 4 / (2 + 2)
    CHECK(theta == doctest::Approx(1.9));  // 2 − 0.1 · 1
}
TEST_CASE("centered_rmsprop.variance: below 0 it is 0, by hand") {
    for (const auto form : {gr::centered_rmsprop::pytorch, gr::centered_rmsprop::tensorflow}) {
        double theta = 2, v = 0, a = 1, b = 0;
        const gr::centered_rmsprop o{.learning_rate = 0.5, .rho = 0.5, .epsilon = 0.25, .form = form};
        o.step<double>(1)(theta, 1.0, v, a, b);
        CHECK(v == 0.5);
        CHECK(a == 1);                                            // v − a² = −0.5
        CHECK(theta == (form == gr::centered_rmsprop::pytorch ? 0 : 1));  // 2 − 0.5 / 0.25, or 2 − 0.5 / √0.25
    }
}
TEST_CASE_TEMPLATE("centered_rmsprop.variance: a gradient that does not change has a root, always", T, float, double) {
    T theta = 2, v = 0, a = 0, b = 0;
    for (std::uint64_t t = 1; t <= 20000; ++t) gr::centered_rmsprop{.learning_rate = 1e-9}.step<T>(t)(theta, T(0.3), v, a, b);
    CHECK(std::isfinite(theta));
    CHECK(std::isfinite(b));
}
TEST_CASE("nadam.mu, nadam.mu_product, nadam.m, nadam.v, nadam.m_hat, nadam.v_hat, nadam.theta: by hand") {
    const gr::nadam o{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75, .epsilon = 1, .momentum_decay = 0};
    CHECK(o.mu(1) == 0.25);  // ψ = 0: μ = 0.5 · (1 − 0.5)
    CHECK(gr::nadam{.momentum_decay = 1}.mu(2) == doctest::Approx(0.9 * (1 - 0.5 * 0.9216)));
    std::array<double, 1> product{1};
    double theta = 2, m = 0, v = 0;
    o.advance(1, product);
    CHECK(product[0] == 0.25);
    o.step<double>(1, product)(theta, 4.0, m, v);
    CHECK(m == 2);
    CHECK(v == 4);
    // m̂ = 0.25 · 2 / (1 − 1/16) + 0.75 · 4 / 0.75 = 8/15 + 4, v̂ = 16
    CHECK(theta == doctest::Approx(2 - 0.1 * (8.0 / 15 + 4) / 5));
    o.advance(2, product);
    CHECK(product[0] == 0.0625);
}
TEST_CASE("lion.c, lion.theta, lion.m: by hand") {
    double theta = 2, m = 0;
    const gr::lion o{.learning_rate = 0.1, .beta1 = 0.5, .beta2 = 0.75};
    o.step<double>(1)(theta, 4.0, m);
    CHECK(theta == doctest::Approx(1.9));  // c = 2, its sign 1
    CHECK(m == 1);                         // 0.25 · 4
    o.step<double>(2)(theta, -1.0, m);
    CHECK(theta == doctest::Approx(1.9));  // c = 0.5 − 0.5 = 0
    CHECK(m == 0.5);
    o.step<double>(3)(theta, -1.0, m);
    CHECK(theta == doctest::Approx(2));  // c = 0.25 − 0.5
}
TEST_CASE_TEMPLATE("lion.theta: the sign of no number is none, of 0 it is 0", T, float, double) {
    const T g[] = {std::numeric_limits<T>::quiet_NaN(), 0, 1};
    T theta[] = {2, 2, 2}, m[] = {0, 0, 0};
    const auto step = gr::lion{.learning_rate = 0.5}.step<T>(1);
    gr::kernels::update(3, step, theta, g, m);
    CHECK(std::isnan(theta[0]));
    CHECK(theta[1] == 2);
    CHECK(theta[2] == T(1.5));
    T alone = 2, its_m = 0;
    step(alone, g[0], its_m);
    CHECK(std::isnan(alone));
}

TEST_CASE_TEMPLATE("gradient_descent.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::gradient_descent{.learning_rate = 0.05}, "gradient_descent");
}
TEST_CASE_TEMPLATE("sgd.v, sgd.theta, sgd.nesterov: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::sgd{.learning_rate = 0.05, .momentum = 0.9}, "sgd");
    equals_pytorch<T>(gr::sgd{.learning_rate = 0.05, .momentum = 0.9, .dampening = 0.3}, "sgd_dampened");
    equals_pytorch<T>(gr::sgd{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}, "nesterov");
}
TEST_CASE_TEMPLATE("adam.m, adam.v, adam.m_hat, adam.v_hat, adam.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::adam{.learning_rate = 0.01, .epsilon = 1e-8}, "adam");
    equals_pytorch<T>(gr::adam{.learning_rate = 0.01, .epsilon = 0.1}, "adam_large_epsilon");
}
TEST_CASE_TEMPLATE("adamw.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::adamw{.learning_rate = 0.01}, "adamw");
}
TEST_CASE_TEMPLATE("amsgrad.m, amsgrad.v, amsgrad.u, amsgrad.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::amsgrad{.learning_rate = 0.01, .beta2 = 0.8}, "amsgrad");
}
TEST_CASE_TEMPLATE("adagrad.s, adagrad.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::adagrad{.learning_rate = 0.1}, "adagrad");
}
TEST_CASE_TEMPLATE("adadelta.v, adadelta.delta, adadelta.u, adadelta.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::adadelta{}, "adadelta");
}
TEST_CASE_TEMPLATE("rmsprop.v, rmsprop.b, rmsprop.theta: ten steps of PyTorch's", T, float, double) {
    equals_pytorch<T>(gr::rmsprop{}, "rmsprop");
}
TEST_CASE_TEMPLATE("centered_rmsprop.v, centered_rmsprop.a, centered_rmsprop.b, centered_rmsprop.theta: ten steps of PyTorch's",
                   T, float, double) {
    equals_pytorch<T>(gr::centered_rmsprop{}, "centered_rmsprop");
}
TEST_CASE_TEMPLATE("nadam.mu, nadam.mu_product, nadam.m, nadam.v, nadam.m_hat, nadam.v_hat, nadam.theta: ten steps of PyTorch's",
                   T, float, double) {
    equals_pytorch<T>(gr::nadam{.learning_rate = 0.01}, "nadam");
}
TEST_CASE_TEMPLATE("lion.c, lion.theta, lion.m: ten steps of the paper's algorithm", T, float, double) {
    equals_pytorch<T>(gr::lion{.learning_rate = 0.01}, "lion");
}

TEST_CASE_TEMPLATE("gradient_descent.theta, sgd.v, sgd.theta, sgd.nesterov, sgd.theta_velocity, sgd.nesterov_velocity: a number, "
                   "a register and an expression equal the twin",
                   T, float, double) {
    is_generic<T>(gr::gradient_descent{.learning_rate = 0.05});
    is_generic<T>(gr::sgd{.learning_rate = 0.05});
    is_generic<T>(gr::sgd{.learning_rate = 0.05, .dampening = 0.3});
    is_generic<T>(gr::sgd{.learning_rate = 0.05, .nesterov = true});
    is_generic<T>(gr::sgd{.learning_rate = 0.05, .form = gr::sgd::sutskever});
    is_generic<T>(gr::sgd{.learning_rate = 0.05, .nesterov = true, .form = gr::sgd::sutskever});
}
TEST_CASE_TEMPLATE("adam.theta, adam.epsilon_hat, adamw.theta, amsgrad.theta, amsgrad.theta_paper, amsgrad.u_corrected, "
                   "nadam.theta, nadam.m_paper: a number, a register and an expression equal the twin",
                   T, float, double) {
    is_generic<T>(gr::adam{.learning_rate = 0.01});
    is_generic<T>(gr::adam{.learning_rate = 0.01, .epsilon = 0.01, .form = gr::adam::keras});
    is_generic<T>(gr::adamw{.learning_rate = 0.01});
    is_generic<T>(gr::amsgrad{.learning_rate = 0.01, .beta2 = 0.8});
    is_generic<T>(gr::amsgrad{.learning_rate = 0.01, .beta2 = 0.8, .form = gr::amsgrad::paper});
    is_generic<T>(gr::amsgrad{.learning_rate = 0.01, .beta2 = 0.8, .form = gr::amsgrad::optax});
    is_generic<T>(gr::nadam{.learning_rate = 0.01});
    is_generic<T>(gr::nadam{.learning_rate = 0.01, .form = gr::nadam::paper});
}
TEST_CASE_TEMPLATE("adagrad.theta, adagrad.theta_inside, adadelta.theta, rmsprop.theta, rmsprop.theta_tensorflow, "
                   "centered_rmsprop.theta, centered_rmsprop.theta_tensorflow, lion.theta: a number, a register and an "
                   "expression equal the twin",
                   T, float, double) {
    is_generic<T>(gr::adagrad{.learning_rate = 0.1, .learning_rate_decay = 0.2});
    is_generic<T>(gr::adagrad{.learning_rate = 0.1, .epsilon = 0.1, .form = gr::adagrad::keras});
    is_generic<T>(gr::adadelta{});
    is_generic<T>(gr::rmsprop{.momentum = 0.5});
    is_generic<T>(gr::rmsprop{.epsilon = 0.01, .momentum = 0.5, .form = gr::rmsprop::tensorflow});
    is_generic<T>(gr::centered_rmsprop{.epsilon = 1e-3, .momentum = 0.5});
    is_generic<T>(gr::centered_rmsprop{.epsilon = 1e-4, .momentum = 0.5, .form = gr::centered_rmsprop::tensorflow});
    is_generic<T>(gr::lion{.learning_rate = 0.01});
}
