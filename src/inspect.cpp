// Inspection of networks: every formula with its numbers, and gradient checks by central differences.
#define GRADUS_BODIES_OF_inspect 1
#include "gradus/inspect.hpp"
