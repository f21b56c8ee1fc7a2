#pragma once
/// \file
/// The training loop, and what it tells: batches, threads, callbacks, evaluation.
/// Includes metrics, data, models, layers, optimizers, losses, activations, initializers, nn, kernels, tensor, base.

#include "gradus/training/evaluate.hpp"
#include "gradus/training/fit.hpp"
#include "gradus/training/callbacks.hpp"
