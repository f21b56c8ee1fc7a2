#pragma once
/// \file
/// Files of networks and of training: NumPy's arrays, checkpoints, logs.
/// Includes training, data, models, layers, optimizers, nn, tensor, base.

#include "gradus/io/npy.hpp"
#include "gradus/io/npz.hpp"
#include "gradus/io/numpy.hpp"
#include "gradus/io/save.hpp"
#include "gradus/io/checkpoint.hpp"
#include "gradus/io/csv_log.hpp"
