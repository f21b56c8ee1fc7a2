// Layer concepts, passes, parameter lists, paths and states: what all layers and networks use.
#define GRADUS_BODIES_OF_nn 1
#include "gradus/nn.hpp"
