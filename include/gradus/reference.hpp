#pragma once
/// \file
/// Reference implementations: every kernel and layer as the textbook writes it, in plain loops or xtensor expressions.
/// Slow; tests compare the library with them.

#include "gradus/reference/activations.hpp"
#include "gradus/reference/rows.hpp"
#include "gradus/reference/matrix_product.hpp"
#include "gradus/reference/dense.hpp"
#include "gradus/reference/convolution.hpp"
#include "gradus/reference/conv_transpose2d.hpp"
#include "gradus/reference/pooling.hpp"
#include "gradus/reference/geometry.hpp"
#include "gradus/reference/normalization.hpp"
#include "gradus/reference/embedding.hpp"
#include "gradus/reference/recurrent.hpp"
#include "gradus/reference/losses.hpp"
#include "gradus/reference/optimizers.hpp"
#include "gradus/reference/schedule.hpp"
#include "gradus/reference/metrics.hpp"
#include "gradus/reference/threshold.hpp"
