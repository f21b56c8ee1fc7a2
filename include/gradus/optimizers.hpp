#pragma once
/// \file
/// What turns the parameters and their gradients into the next parameters.
/// Includes nn, kernels, tensor, base.

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/gradient_descent.hpp"
#include "gradus/optimizers/sgd.hpp"
#include "gradus/optimizers/adagrad.hpp"
#include "gradus/optimizers/adadelta.hpp"
#include "gradus/optimizers/rmsprop.hpp"
#include "gradus/optimizers/centered_rmsprop.hpp"
#include "gradus/optimizers/adam.hpp"
#include "gradus/optimizers/adamw.hpp"
#include "gradus/optimizers/amsgrad.hpp"
#include "gradus/optimizers/nadam.hpp"
#include "gradus/optimizers/lion.hpp"
#include "gradus/optimizers/clip.hpp"
#include "gradus/optimizers/moving_average.hpp"
#include "gradus/optimizers/schedule.hpp"
#include "gradus/optimizers/reduce_on_plateau.hpp"
