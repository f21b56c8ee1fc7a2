#pragma once
/// \file
/// gradus: neural networks step by step. This header includes what most programs need, in reading order. Each folder
/// also has a header of the same name, such as gradus/text.hpp for gradus/text/. Include those for the rest: data
/// files, text, images, plots, file formats other than save and load, models of other frameworks, gradient_check and
/// explain.

#include "gradus/version.hpp"
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
