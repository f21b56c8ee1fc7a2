// What a layer, a pass, a parameter list, a path and a state are: all that layers and networks have in common.
#define GRADUS_BODIES_OF_nn 1
#include "gradus/nn.hpp"
