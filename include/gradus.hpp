#pragma once
/// \file
/// gradus: neural networks step by step. What most programs need, in reading order. Each folder has a header of its own name,
/// gradus/text.hpp for gradus/text/, for what is not in here: data from files, texts, images, plots, files of networks but for
/// save and load, other frameworks' models, gradient_check and explain.

#include "gradus/base/error.hpp"
#include "gradus/base/random.hpp"
#include "gradus/tensor.hpp"
#include "gradus/nn.hpp"

#include "gradus/activations.hpp"
#include "gradus/losses.hpp"
#include "gradus/initializers.hpp"
#include "gradus/optimizers.hpp"
#include "gradus/layers.hpp"
#include "gradus/models.hpp"

#include "gradus/data/dataset.hpp"
#include "gradus/data/memory.hpp"
#include "gradus/data/synthetic.hpp"
#include "gradus/metrics.hpp"
#include "gradus/training.hpp"
#include "gradus/io/save.hpp"
