// The gradient check.
#define GRADUS_BODIES_OF_check 1
#include "gradus/check/gradient_check.hpp"
