#pragma once
/// \file
/// The one door to xtensor and xsimd: upstream 0.26 moved every header, so all of gradus includes them from here.

#include <exception>  // libc++ in C++23: xtl uses std::exception without saying so

// Third-party headers are not ours to warn about, however they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif
#include <xsimd/xsimd.hpp>
