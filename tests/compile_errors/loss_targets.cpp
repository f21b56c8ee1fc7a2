// expect: gradus: this loss takes targets of the prediction's rank
#include "gradus.hpp"

int main() {
    const gradus::tensor<float, 2> y_hat({4, 1}, 0.0f);
#ifdef FIXED
    const gradus::tensor<float, 2> y({4, 1}, 0.0f);
    return static_cast<int>(gradus::mse{}.value(y_hat, y));
#else
    const gradus::tensor<float, 1> y({4}, 0.0f);
    return static_cast<int>(gradus::mse{}.value(y_hat, y));
#endif
}
