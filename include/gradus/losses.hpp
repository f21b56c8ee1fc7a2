#pragma once
/// \file
/// Losses, each one formula and its gradient.
/// Includes activations, nn, kernels, tensor, base.

#include "gradus/losses/mse.hpp"
#include "gradus/losses/mae.hpp"
#include "gradus/losses/huber.hpp"
#include "gradus/losses/log_cosh.hpp"
#include "gradus/losses/hinge.hpp"
#include "gradus/losses/binary_cross_entropy.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/losses/categorical_cross_entropy.hpp"
#include "gradus/losses/kl_divergence.hpp"
#include "gradus/losses/cosine_distance.hpp"
