// expect: the scalar of the input is not the layer's: make the layer as e.g. gradus::dense<double>\(...\), gradus::lstm<double>\(...\), or the input a gradus::tensor<float, N>
#include "gradus.hpp"

int main() {
    const gradus::tensor<double, 2> x({4, 2}, 1.0);
#ifdef FIXED
    const auto net = gradus::sequential(gradus::dense<double>(2, 3));
    gradus::pass pass(net, x);
    net.forward(x, pass);
#else
    const auto net = gradus::sequential(gradus::dense(2, 3));
    gradus::pass pass(net, x);
    net.forward(x, pass);
#endif
}
