// The exclusive or: no line separates its two classes, a hidden layer with tanh does.
#include <gradus.hpp>

#include <cstdio>
namespace gr = gradus;

void train(const char* name, auto net) {
    const auto data = gr::data::xor_gate();  // x (4, 2), y (4, 1)
    gr::fit(net, gr::binary_cross_entropy{}, gr::adam{.learning_rate = 0.05}, data, {.epochs = 300});
    const auto p = gr::probabilities(net, data.x);
    std::printf("%s\n", name);
    for (std::size_t n = 0; n < 4; ++n)
        std::printf("  %g xor %g is 1 with probability %.1f\n", data.x(n, 0), data.x(n, 1), p(n, 0));
}

int main() {
    gr::seed(1);
    train("a line, xW + b:", gr::sequential(gr::dense(2, 1)));
    train("a hidden layer, tanh(xW + b)V + c:", gr::sequential(gr::dense(2, 4, gr::tanh{}), gr::dense(4, 1)));
}
