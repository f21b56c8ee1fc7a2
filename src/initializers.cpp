// Initial values of parameters.
#define GRADUS_BODIES_OF_initializers 1
#include "gradus/initializers.hpp"
