// expect: gradus: forward takes the input type that the pass was made for
#include "gradus.hpp"

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3));
    gradus::pass pass(net);
    const gradus::tensor<float, 2> x({4, 2}, 1.0f);
#ifdef FIXED
    const gradus::tensor<float, 3> sequence({4, 5, 2}, 1.0f);
    gradus::pass longer(net, sequence);
    net.forward(sequence, longer);
#else
    const gradus::tensor<float, 3> sequence({4, 5, 2}, 1.0f);
    net.forward(sequence, pass);
#endif
}
