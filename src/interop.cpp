// Other frameworks' names and layouts.
#define GRADUS_BODIES_OF_interop 1
#include "gradus/interop/keras.hpp"
#include "gradus/interop/pytorch.hpp"
#include "gradus/interop/pytorch_recurrent.hpp"
