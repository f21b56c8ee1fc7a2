// The training loop, and what it tells: batches, threads, callbacks, evaluation.
#define GRADUS_BODIES_OF_training 1
#include "gradus/training.hpp"
