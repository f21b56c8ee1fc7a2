// What happens inside: every formula with its numbers, and gradients checked by differences.
#define GRADUS_BODIES_OF_inspect 1
#include "gradus/inspect.hpp"
