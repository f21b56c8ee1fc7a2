// Optimizers: each computes the next parameters from the parameters and their gradients.
#define GRADUS_BODIES_OF_optimizers 1
#include "gradus/optimizers.hpp"
