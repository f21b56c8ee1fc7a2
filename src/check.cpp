// Networks made of layers, gradient checks, explanations.
#define GRADUS_BODIES_OF_check 1
#include "gradus/check/gradient_check.hpp"
