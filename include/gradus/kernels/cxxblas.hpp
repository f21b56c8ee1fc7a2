#pragma once
/// \file
/// The one door to the BLAS that xtensor-blas wraps: of its C++ interface only the matrix product.

// It names std::complex without including it.
#include <complex>

// Third-party headers are not ours to warn about, however they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

// clang-format off: the first decides what the others declare
#include <xflens/cxxblas/cxxblas.h>

#include <xflens/cxxblas/drivers/drivers.tcc>
#include <xflens/cxxblas/level3/gemm.tcc>
#include <xtensor-blas/xblas_config.hpp>
// clang-format on
