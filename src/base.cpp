// What all other folders use: errors and messages, random numbers, files and bytes, the macros of the compiled unit.
#define GRADUS_BODIES_OF_base 1
#include "gradus/base.hpp"
