// Networks made of layers, and a summary of one.
#define GRADUS_BODIES_OF_models 1
#include "gradus/models.hpp"
