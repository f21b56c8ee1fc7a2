// expect: this type is no layer: it lacks `struct parameters`
#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"

struct mine {};

int main() {
    const gradus::tensor<float, 2> x({1, 2}, 0.0f);
#ifdef FIXED
    const auto layer = gradus::dense(2, 3);
#else
    const mine layer;
#endif
    return gradus::gradient_check(layer, x) ? 0 : 1;
}
