// Parameter names and layouts of other frameworks.
#define GRADUS_BODIES_OF_interop 1
#include "gradus/interop.hpp"
