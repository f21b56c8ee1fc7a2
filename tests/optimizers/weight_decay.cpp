#include "gradus/optimizers/weight_decay.hpp"

#include "../support/message.hpp"
#include "steps.hpp"

namespace gr = gradus;
using support::equals_pytorch;

TEST_CASE("weight_decay.coupled, weight_decay.decoupled: by hand") {
    double theta = 2;
    const auto descend = [](double& th, const double& g) { th -= 0.5 * g; };
    gr::weight_decay{.coupled = 0.25}.around<double>(descend, 1, 0.5, false)(theta, 1.0);
    CHECK(theta == 1.25);  // g = 1 + 0.25 · 2
    gr::weight_decay{.decoupled = 0.2}.around<double>(descend, 1, 0.5, false)(theta, 1.0);
    CHECK(theta == 0.625);  // 1.25 − 0.5 · 0.2 · 1.25 − 0.5
    gr::weight_decay{.decoupled = 0.2, .independent = true}.around<double>(descend, 1, 0.5, false)(theta, 1.0);
    CHECK(theta == 0);  // 0.625 − 0.2 · 0.625 − 0.5
    theta = 4;
    gr::weight_decay{.coupled = 0.5, .decoupled = 0.25}.around<double>(descend, 1, 1, false)(theta, 0.0);
    CHECK(theta == 2);  // both read θ = 4: 4 − 1 − 0.5 · 2
    gr::weight_decay{.coupled = 1, .decoupled = 1}.around<double>(descend, 3, 1, true)(theta, 1.0);
    CHECK(theta == 0.5);  // spared; the gradient three times as large
}
TEST_CASE("weight_decay.coupled, weight_decay.decoupled: the same for gradient descent, and for it alone") {
    support::ten_steps<double> coupled, decoupled;
    gr::optimizer a(coupled.net, gr::gradient_descent{.decay = {.coupled = 0.1}});
    gr::optimizer b(decoupled.net, gr::gradient_descent{.decay = {.decoupled = 0.1}});
    gr::optimizer c(coupled.net, gr::adam{.decay = {.coupled = 0.1}});
    gr::optimizer d(decoupled.net, gr::adam{.decay = {.decoupled = 0.1}});
    for (std::size_t t = 0; t < 10; ++t) a(coupled.net, coupled.gradient(t)), b(decoupled.net, decoupled.gradient(t));
    CHECK(support::difference(coupled.net.theta.W, decoupled.net.theta.W) <= 1e-14);
    for (std::size_t t = 0; t < 10; ++t) c(coupled.net, coupled.gradient(t)), d(decoupled.net, decoupled.gradient(t));
    CHECK(support::difference(coupled.net.theta.W, decoupled.net.theta.W) > 1e-4);
}
TEST_CASE_TEMPLATE("weight_decay.coupled: ten steps of PyTorch's", T, float, double) {
    const gr::weight_decay decay{.coupled = 0.1};
    equals_pytorch<T>(gr::gradient_descent{.learning_rate = 0.05, .decay = decay}, "gradient_descent_coupled");
    equals_pytorch<T>(gr::sgd{.learning_rate = 0.05, .decay = decay}, "sgd_coupled");
    equals_pytorch<T>(gr::sgd{.learning_rate = 0.05, .decay = {.coupled = 0.1, .spare_biases = true}}, "sgd_spared");
    equals_pytorch<T>(gr::sgd{.learning_rate = 0.05, .nesterov = true, .decay = decay}, "nesterov_coupled");
    equals_pytorch<T>(gr::adagrad{.learning_rate = 0.1, .learning_rate_decay = 0.2, .decay = decay}, "adagrad_coupled");
    equals_pytorch<T>(gr::adadelta{.learning_rate = 2, .rho = 0.8, .decay = decay}, "adadelta_coupled");
    equals_pytorch<T>(gr::rmsprop{.rho = 0.9, .momentum = 0.8, .decay = decay}, "rmsprop_coupled");
    equals_pytorch<T>(gr::centered_rmsprop{.rho = 0.9, .momentum = 0.8, .decay = decay}, "centered_rmsprop_coupled");
    equals_pytorch<T>(gr::adam{.learning_rate = 0.01, .decay = decay}, "adam_coupled");
    equals_pytorch<T>(gr::amsgrad{.learning_rate = 0.01, .beta2 = 0.8, .decay = decay}, "amsgrad_coupled");
    equals_pytorch<T>(gr::nadam{.learning_rate = 0.01, .momentum_decay = 0.1, .decay = decay}, "nadam_coupled");
}
TEST_CASE_TEMPLATE("weight_decay.decoupled: ten steps of PyTorch's, and of Lion's", T, float, double) {
    const gr::weight_decay decay{.decoupled = 0.5};
    equals_pytorch<T>(gr::adamw{.learning_rate = 0.01, .decay = {.decoupled = 0.5, .spare_biases = true}}, "adamw_spared");
    equals_pytorch<T>(gr::adam{.learning_rate = 0.01, .decay = {.decoupled = 0.01}}, "adamw");
    equals_pytorch<T>(gr::amsgrad{.learning_rate = 0.01, .beta2 = 0.8, .decay = decay}, "amsgrad_decoupled");
    equals_pytorch<T>(gr::lion{.learning_rate = 0.01, .beta1 = 0.8, .beta2 = 0.95, .decay = decay}, "lion_decoupled");
}
TEST_CASE("weight_decay.decoupled: the paper's AdamW, whose λ no α multiplies, by hand") {
    support::pair<double> net{{{{2}}, {2}}};
    gr::optimizer descend(net, gr::adamw{.learning_rate = 0.1, .epsilon = 0, .decay = {.decoupled = 0.05, .independent = true}});
    descend(net, {{{3}}, {0.5}});
    CHECK(net.theta.W(0, 0) == doctest::Approx(1.8));  // 2 − 0.1 · 1 − 0.05 · 2
    CHECK(net.theta.b(0) == doctest::Approx(1.8));
}
TEST_CASE("weight_decay: rates that are negative or no number") {
    support::pair<float> net{{{{2}}, {2}}};
    CHECK(support::message_of([&] { gr::optimizer(net, gr::sgd{.decay = {.coupled = -0.1}}); }) ==
          "sgd: decay.coupled must be in [0, ∞), is -0.1");
    CHECK(support::message_of([&] { gr::optimizer(net, gr::adamw{.decay = {.decoupled = std::nan("")}}); }) ==
          "adamw: decay.decoupled must be in [0, ∞), is nan");
}
