// What turns the parameters and their gradients into the next parameters.
#define GRADUS_BODIES_OF_optimizers 1
#include "gradus/optimizers.hpp"
