#pragma once
/// \file
/// The only header that includes the BLAS interface of xtensor-blas, and of it only the matrix product.

// xtensor-blas uses std::complex without including it.
#include <complex>

// No warnings from third-party headers, whichever way they were found.
#if defined(__GNUC__)
#pragma GCC system_header
#endif

// In this order: the first one configures the others.
// clang-format off
#include <xtensor-blas/xblas_config.hpp>
#include <xflens/cxxblas/cxxblas.h>
#include <xflens/cxxblas/drivers/drivers.tcc>
#include <xflens/cxxblas/level3/gemm.tcc>
// clang-format on
