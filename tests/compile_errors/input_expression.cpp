// expect: gradus: forward takes the input type that the pass was made for: store an expression
#include "gradus.hpp"

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3));
    gradus::pass pass(net);
    const gradus::tensor<float, 2> x({4, 2}, 1.0f);
#ifdef FIXED
    const gradus::tensor<float, 2> twice = 2 * x;
    net.forward(twice, pass);
#else
    net.forward(2 * x, pass);
#endif
}
