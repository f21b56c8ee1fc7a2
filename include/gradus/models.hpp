#pragma once
/// \file
/// Networks made of layers, and a summary of one.
/// Includes layers, activations, initializers, nn, kernels, tensor, base.

#include "gradus/models/sequential.hpp"
#include "gradus/models/residual.hpp"
#include "gradus/models/repeat.hpp"
#include "gradus/models/any_network.hpp"
#include "gradus/models/summary.hpp"
