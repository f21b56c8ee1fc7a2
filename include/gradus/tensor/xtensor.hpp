#pragma once
/// \file
/// The one door to xtensor and xsimd: upstream 0.26 moved every header, so all of gradus includes them from here.

#include <exception>  // libc++ in C++23: xtl uses std::exception without saying so

// Third-party headers are not ours to warn about, however they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

// g++ 12 believes that its own AVX-512 intrinsics read uninitialized registers (GCC bug 105593).
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
