#pragma once
/// \file
/// The one door to the BLAS that xtensor-blas wraps: of its C++ interface only the matrix product.

// It names std::complex without including it.
#include <complex>

// Third-party headers are not ours to warn about, however they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

// In this order: the first decides what the others declare.
// clang-format off
#include <xtensor-blas/xblas_config.hpp>
#include <xflens/cxxblas/cxxblas.h>
#include <xflens/cxxblas/drivers/drivers.tcc>
#include <xflens/cxxblas/level3/gemm.tcc>
// clang-format on
