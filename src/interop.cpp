// Other frameworks' names and layouts.
#define GRADUS_BODIES_OF_interop 1
#include "gradus/interop.hpp"
