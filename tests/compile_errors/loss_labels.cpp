// expect: gradus: this loss takes integer labels: \(N, V\) with y \(N\)
#include "gradus.hpp"

int main() {
    const gradus::tensor<float, 2> z({4, 3}, 0.0f);
#ifdef FIXED
    const gradus::tensor<std::int32_t, 1> y({4}, 0);
    return static_cast<int>(gradus::cross_entropy{}.value(z, y));
#else
    const gradus::tensor<float, 1> y({4}, 0.0f);
    return static_cast<int>(gradus::cross_entropy{}.value(z, y));
#endif
}
