// Below everything: errors and messages, random numbers, files and bytes, how a function is compiled once.
#define GRADUS_BODIES_OF_base 1
#include "gradus/base.hpp"
