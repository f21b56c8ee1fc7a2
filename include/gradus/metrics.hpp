#pragma once
/// \file
/// How good a network is, in numbers.
/// Includes losses, activations, nn, kernels, tensor, base.

#include "gradus/metrics/classification.hpp"
#include "gradus/metrics/roc.hpp"
#include "gradus/metrics/regression.hpp"
#include "gradus/metrics/language.hpp"
