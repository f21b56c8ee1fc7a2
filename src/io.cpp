// Files of networks and of training: NumPy arrays, checkpoints, logs.
#define GRADUS_BODIES_OF_io 1
#include "gradus/io.hpp"
