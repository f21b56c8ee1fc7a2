// expect: this layer takes indices, not numbers: make the input a gradus::tensor<std::int32_t, N>
#include "gradus.hpp"
#include "gradus/layers/embedding.hpp"

int main() {
    const auto net = gradus::sequential(gradus::embedding(10, 3));
#ifdef FIXED
    const gradus::tensor<std::int32_t, 2> x({4, 2}, 1);
#else
    const gradus::tensor<float, 2> x({4, 2}, 1.0f);
#endif
    gradus::pass pass(net, x);
    net.forward(x, pass);
}
