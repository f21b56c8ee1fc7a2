// expect: the first is the batch, a single sample \(1, I\), as last_step leaves it, a sequence \(1, T, D\), an image \(1, H, W, C\)
#include "gradus.hpp"

int main() {
    const auto net = gradus::sequential(gradus::conv2d(1, 8, 3, gradus::relu{}), gradus::flatten{}, gradus::dense(5408, 10));
#ifdef FIXED
    const gradus::tensor<float, 4> x({4, 28, 28, 1}, 1.0f);
    (void)gradus::predict(net, x);
#else
    const gradus::tensor<float, 2> x({4, 784}, 1.0f);
    (void)gradus::predict(net, x);
#endif
}
