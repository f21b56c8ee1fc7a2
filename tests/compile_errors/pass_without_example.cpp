// expect: gradus: the first layer takes inputs of any kind: make the pass with an example, gr::pass pass\(net, x\)
#include "gradus.hpp"

int main() {
    const auto net = gradus::sequential(gradus::max_pool2d(2), gradus::flatten{}, gradus::dense(4, 1));
    const gradus::tensor<float, 4> x({1, 4, 4, 1}, 1.0f);
#ifdef FIXED
    gradus::pass pass(net, x);
#else
    gradus::pass pass(net);
#endif
    return static_cast<int>(net.forward(x, pass).size());
}
