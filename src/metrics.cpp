// How good a network is, in numbers.
#define GRADUS_BODIES_OF_metrics 1
#include "gradus/metrics.hpp"
