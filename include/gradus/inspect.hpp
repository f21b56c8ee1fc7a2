#pragma once
/// \file
/// What happens inside: every formula with its numbers, and gradients checked by differences.
/// Includes models, layers, losses, optimizers, activations, nn, kernels, tensor, base.

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/inspect/explain.hpp"
