// A line through noisy points: one dense layer, three lines of training.
#include <gradus.hpp>

#include <cstdio>
namespace gr = gradus;

int main() {
    const auto data = gr::data::linear_regression({.weights = {2}, .bias = 1, .noise = 0.1});  // y = 2x + 1 + noise

    gr::seed(1);
    auto net = gr::sequential(gr::dense(1, 1));  // ŷ = xW + b
    gr::mse J;                                   // J = mean of (ŷ − y)²
    auto descend = gr::optimizer(net, gr::gradient_descent{.learning_rate = 0.1});
    gr::pass pass(net);
    gr::gradients grad(net);

    for (int t = 0; t <= 50; ++t) {
        auto& y_hat = net.forward(data.x, pass);
        if (t % 10 == 0) std::printf("step %2d  J = %.4f\n", t, J.value(y_hat, data.y));
        net.backward(data.x, J.gradient(y_hat, data.y), pass, grad);
        descend(net, grad);  // θ ← θ − α ∇J(θ)
    }
    const auto& line = net.layer<0>().theta;
    std::printf("y = %.2f x + %.2f\n", line.W(0, 0), line.b(0));
}
