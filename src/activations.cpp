// Activations: each is a formula and its derivative.
#define GRADUS_BODIES_OF_activations 1
#include "gradus/activations.hpp"
