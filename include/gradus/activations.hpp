#pragma once
/// \file
/// Activations, each one formula and its derivative.
/// Includes nn, kernels, tensor, base.

#include "gradus/activations/identity.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/activations/leaky_relu.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/activations/elu.hpp"
#include "gradus/activations/gelu.hpp"
#include "gradus/activations/silu.hpp"
#include "gradus/activations/softplus.hpp"
#include "gradus/activations/softsign.hpp"
#include "gradus/activations/hard_sigmoid.hpp"
#include "gradus/activations/softmax.hpp"
