// Layers: their formulas, forward and backward.
#define GRADUS_BODIES_OF_layers 1
#include "gradus/layers.hpp"
