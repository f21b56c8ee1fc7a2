#pragma once
/// \file
/// Includes what the reference implementations need of xtensor in addition to containers: mathematics and reductions.

#include "gradus/tensor/xtensor.hpp"

// No warnings for third-party headers, wherever they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

#if __has_include(<xtensor/core/xmath.hpp>)
#include <xtensor/core/xmath.hpp>
#else
#include <xtensor/xmath.hpp>
#endif
