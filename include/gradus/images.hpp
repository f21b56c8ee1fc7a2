#pragma once
/// \file
/// Pictures: files of grey values, thresholds.
/// Includes data, tensor, base.

#include "gradus/images/pgm.hpp"
#include "gradus/images/threshold.hpp"
