#pragma once
/// \file
/// gradus: neural networks step by step. Everything that a student needs, in reading order.

#include "gradus/core/tensor.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/random.hpp"
#include "gradus/core/parameters.hpp"
#include "gradus/core/layer.hpp"
#include "gradus/core/pass.hpp"

#include "gradus/activations/identity.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/tanh.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/activations/gelu.hpp"
#include "gradus/activations/softmax.hpp"

#include "gradus/losses/mse.hpp"
#include "gradus/losses/binary_cross_entropy.hpp"
#include "gradus/losses/cross_entropy.hpp"

#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/sgd.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/optimizer.hpp"

#include "gradus/initializers/initializer.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/model/sequential.hpp"
#include "gradus/model/repeat.hpp"
#include "gradus/model/summary.hpp"

#include "gradus/core/dataset.hpp"
#include "gradus/data/memory.hpp"
#include "gradus/data/synthetic.hpp"

#include "gradus/training/fit.hpp"
#include "gradus/training/schedule.hpp"
#include "gradus/training/callbacks.hpp"

#include "gradus/check/gradient_check.hpp"
#include "gradus/explain/explain.hpp"
#include "gradus/io/save.hpp"
