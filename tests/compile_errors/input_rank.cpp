// expect: gradus: the input has fewer axes than the layer takes: the first is the batch, a single sample \(1, I\), as last_step leaves it, a sequence \(1, T, D\), an image \(1, H, W, C\)
#include "gradus.hpp"

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3));
#ifdef FIXED
    const gradus::tensor<float, 2> x({1, 2}, 1.0f);
    (void)gradus::predict(net, x);
#else
    const gradus::tensor<float, 1> x({2}, 1.0f);
    (void)gradus::predict(net, x);
#endif
}
