#pragma once
/// \file
/// How parameters begin.
/// Includes nn, kernels, tensor, base.

#include "gradus/initializers/distributions.hpp"
#include "gradus/initializers/variance_scaling.hpp"
#include "gradus/initializers/orthogonal.hpp"
