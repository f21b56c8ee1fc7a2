// expect: gradus: this loss takes targets of the prediction's scalar
#include "gradus.hpp"

int main() {
    const gradus::tensor<float, 2> z({4, 1}, 0.0f);
#ifdef FIXED
    const gradus::tensor<float, 2> y({4, 1}, 0.0f);
#else
    const gradus::tensor<std::int32_t, 2> y({4, 1}, 0);
#endif
    return static_cast<int>(gradus::binary_cross_entropy{}.value(z, y));
}
