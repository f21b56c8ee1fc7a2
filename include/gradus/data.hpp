#pragma once
/// \file
/// Data sets: drawn, in memory, from files; split, scaled and cut into samples.
/// Includes tensor, base.

#include "gradus/data/dataset.hpp"
#include "gradus/data/memory.hpp"
#include "gradus/data/synthetic.hpp"
#include "gradus/data/series.hpp"
#include "gradus/data/sequences.hpp"
#include "gradus/data/preprocessing.hpp"
#include "gradus/data/csv.hpp"
#include "gradus/data/idx.hpp"
#include "gradus/data/digits.hpp"
#include "gradus/data/download.hpp"
#include "gradus/data/mnist.hpp"
