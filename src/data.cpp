// Data sets: drawn, in memory, from files; split, scaled and cut into samples.
#define GRADUS_BODIES_OF_data 1
#include "gradus/data.hpp"
