// Fast kernels: element-wise, row-wise, matrix products, convolutions.
#define GRADUS_BODIES_OF_kernels 1
#include "gradus/kernels.hpp"
