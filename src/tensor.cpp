// Tensors, and the one header that includes xtensor.
#define GRADUS_BODIES_OF_tensor 1
#include "gradus/tensor/generic.hpp"
#include "gradus/tensor/tensor.hpp"
#include "gradus/tensor/tensor_ref.hpp"
#include "gradus/tensor/xtensor.hpp"
