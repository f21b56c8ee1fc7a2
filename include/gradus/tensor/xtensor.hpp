#pragma once
/// \file
/// The only header that includes xtensor and xsimd, whose files upstream 0.26 moved; all of gradus includes this one.

#include <exception>  // libc++ in C++23: xtl uses std::exception without including it

// No warnings from third-party headers, whichever way they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

// g++ 12 wrongly reports that its own AVX-512 intrinsics read uninitialized registers (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif
#include <xsimd/xsimd.hpp>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
