// Data sets: synthetic, in memory and from files; splitting, scaling, and cutting into sequences.
#define GRADUS_BODIES_OF_data 1
#include "gradus/data.hpp"
