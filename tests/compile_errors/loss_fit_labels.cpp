// expect: gradus: this loss takes integer labels: \(N, V\) with y \(N\)
#include "gradus.hpp"

int main() {
    auto net = gradus::sequential(gradus::dense(2, 3));
    const gradus::tensor<float, 2> x({4, 2}, 0.0f);
#ifdef FIXED
    const gradus::tensor<std::int32_t, 1> y({4}, 0);
    gradus::fit(net, gradus::cross_entropy{}, gradus::adam{}, gradus::dataset(x, y));
#else
    const gradus::tensor<float, 2> y({4, 3}, 0.0f);
    gradus::fit(net, gradus::cross_entropy{}, gradus::adam{}, gradus::dataset(x, y));
#endif
}
