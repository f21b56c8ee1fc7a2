// expect: a single sample \(1, I\), as last_step leaves it, a sequence \(1, T, D\), an image
#include "gradus.hpp"

int main() {
    const gradus::tensor<float, 3> x({4, 5, 2}, 1.0f);
#ifdef FIXED
    const auto net = gradus::sequential(gradus::lstm(2, 3), gradus::last_step(gradus::lstm(3, 3)));
#else
    const auto net = gradus::sequential(gradus::last_step(gradus::lstm(2, 3)), gradus::lstm(3, 3));
#endif
    (void)gradus::predict(net, x);
}
