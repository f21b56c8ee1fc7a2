// The training loop: batches, threads, callbacks, progress, evaluation.
#define GRADUS_BODIES_OF_training 1
#include "gradus/training.hpp"
