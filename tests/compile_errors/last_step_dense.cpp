// expect: gradus: last_step takes a recurrent layer, e.g. gradus::last_step\(gradus::lstm\(28, 128\)\)
#include "gradus.hpp"

int main() {
    const gradus::tensor<float, 3> x({4, 5, 2}, 1.0f);
#ifdef FIXED
    (void)gradus::predict(gradus::last_step(gradus::gru(2, 3)), x);
#else
    (void)gradus::predict(gradus::last_step(gradus::dense(2, 3)), x);
#endif
}
