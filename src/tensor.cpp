// Tensors, and the one header that includes xtensor.
#define GRADUS_BODIES_OF_tensor 1
#include "gradus/tensor.hpp"
