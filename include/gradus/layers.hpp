#pragma once
/// \file
/// Layers: their formulas, forward and backward.
/// Includes activations, initializers, nn, kernels, tensor, base.

#include "gradus/layers/dense.hpp"
#include "gradus/layers/embedding.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/layers/dropout.hpp"
#include "gradus/layers/dropout2d.hpp"
#include "gradus/layers/gaussian_noise.hpp"
#include "gradus/layers/convolution/convolution.hpp"
#include "gradus/layers/convolution/conv_transpose2d.hpp"
#include "gradus/layers/pooling/max_pool2d.hpp"
#include "gradus/layers/pooling/average_pool2d.hpp"
#include "gradus/layers/pooling/global_pool2d.hpp"
#include "gradus/layers/normalization/batch_norm.hpp"
#include "gradus/layers/normalization/layer_norm.hpp"
#include "gradus/layers/normalization/group_norm.hpp"
#include "gradus/layers/recurrent/rnn.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/layers/recurrent/gru.hpp"
#include "gradus/layers/recurrent/last_step.hpp"
#include "gradus/layers/recurrent/bidirectional.hpp"
#include "gradus/layers/image/zero_padding2d.hpp"
#include "gradus/layers/image/upsample2d.hpp"
#include "gradus/layers/image/random_shift.hpp"
#include "gradus/layers/image/random_affine.hpp"
