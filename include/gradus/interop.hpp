#pragma once
/// \file
/// Other frameworks' names and layouts.
/// Includes io, models, layers, nn, tensor, base.

#include "gradus/interop/pytorch.hpp"
#include "gradus/interop/pytorch_recurrent.hpp"
#include "gradus/interop/keras.hpp"
