// How parameters begin.
#define GRADUS_BODIES_OF_initializers 1
#include "gradus/initializers/distributions.hpp"
#include "gradus/initializers/initializer.hpp"
#include "gradus/initializers/orthogonal.hpp"
#include "gradus/initializers/variance_scaling.hpp"
