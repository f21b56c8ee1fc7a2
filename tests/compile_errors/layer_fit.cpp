// expect: this type is no layer: it lacks `struct parameters`
#include "gradus.hpp"

struct mine {};

int main() {
#ifdef FIXED
    auto net = gradus::dense(2, 1);
#else
    mine net;
#endif
    gradus::fit(net, gradus::mse{}, gradus::adam{}, gradus::data::xor_gate());
}
