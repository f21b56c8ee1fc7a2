// Somebody else's program.
#include <cstdio>

#include "gradus/core/tensor.hpp"

int main() {
    const gradus::tensor<float, 2> x = {{1, 2, 3}, {4, 5, 6}};
    std::printf("GRADUS_USE_BLAS=%d rows=%zu features=%zu\n", GRADUS_USE_BLAS, gradus::rows(x), gradus::features(x));
}
