// expect: any_tensor
// An xtensor expression is no tensor: the compiler names the concept that it fails.
#include "gradus/tensor/tensor.hpp"

int main() {
    gradus::tensor<float, 2> x = {{1, 2}, {3, 4}};
#ifdef FIXED
    const gradus::tensor<float, 2> y = x + x;
#else
    const auto y = x + x;
#endif
    return static_cast<int>(gradus::features(y));
}
