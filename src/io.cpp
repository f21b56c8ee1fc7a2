// Files of networks and of training: NumPy's arrays, checkpoints, logs.
#define GRADUS_BODIES_OF_io 1
#include "gradus/io.hpp"
