#pragma once
/// \file
/// How formulas are made fast: element by element, row by row, products, convolutions.
/// Includes tensor, base.

#include "gradus/kernels/elementwise.hpp"
#include "gradus/kernels/rows.hpp"
#include "gradus/kernels/product/blas.hpp"
#include "gradus/kernels/product/matrix_product.hpp"
#include "gradus/kernels/product/packed.hpp"
#include "gradus/kernels/window.hpp"
#include "gradus/kernels/convolution/convolution.hpp"
#include "gradus/kernels/convolution/pooled.hpp"
#include "gradus/kernels/pooling.hpp"
#include "gradus/kernels/normalization.hpp"
#include "gradus/kernels/affine.hpp"
