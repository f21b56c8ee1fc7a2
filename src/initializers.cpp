// How parameters begin.
#define GRADUS_BODIES_OF_initializers 1
#include "gradus/initializers.hpp"
