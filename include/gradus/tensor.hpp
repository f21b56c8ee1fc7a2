#pragma once
/// \file
/// Tensors, and the one header that includes xtensor.
/// Includes base.

#include "gradus/tensor/xtensor.hpp"
#include "gradus/tensor/tensor.hpp"
#include "gradus/tensor/tensor_ref.hpp"
#include "gradus/tensor/generic.hpp"
