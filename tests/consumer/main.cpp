// Somebody else's program.
#include <cstdio>

#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor.hpp"

#ifdef GRADUS_COMPILED
constexpr bool compiled = true;
#else
constexpr bool compiled = false;
#endif

int main() {
    const gradus::tensor<float, 2> x = {{1, 2, 3}, {4, 5, 6}};
    std::printf("GRADUS_USE_BLAS=%d compiled=%d x %s\n", GRADUS_USE_BLAS, compiled, gradus::shape_text(x.shape()).c_str());
}
