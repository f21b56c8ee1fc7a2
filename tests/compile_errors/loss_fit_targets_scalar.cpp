// expect: gradus: this loss takes targets of the prediction's scalar
#include "gradus.hpp"

int main() {
    auto net = gradus::sequential(gradus::dense(2, 1));
    const gradus::tensor<float, 2> x({4, 2}, 0.0f);
#ifdef FIXED
    const gradus::tensor<float, 2> y({4, 1}, 0.0f);
#else
    const gradus::tensor<double, 2> y({4, 1}, 0.0);
#endif
    gradus::fit(net, gradus::cosine_distance{}, gradus::adam{}, gradus::dataset(x, y));
}
