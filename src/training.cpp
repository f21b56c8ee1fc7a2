// The training loop, and what it tells: batches, threads, callbacks, evaluation.
#define GRADUS_BODIES_OF_training 1
#include "gradus/training/batch.hpp"
#include "gradus/training/callbacks.hpp"
#include "gradus/training/evaluate.hpp"
#include "gradus/training/fit.hpp"
#include "gradus/training/loop.hpp"
#include "gradus/training/not_finite.hpp"
#include "gradus/training/progress.hpp"
#include "gradus/training/share.hpp"
#include "gradus/training/state.hpp"
#include "gradus/training/workers.hpp"
