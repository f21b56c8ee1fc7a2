#pragma once
/// \file
/// The door to what the textbook's way of writing needs of xtensor beside containers: mathematics and reductions.

#include "gradus/tensor/xtensor.hpp"

// Third-party headers are not ours to warn about, however they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

#if __has_include(<xtensor/core/xmath.hpp>)
#include <xtensor/core/xmath.hpp>
#else
#include <xtensor/xmath.hpp>
#endif
