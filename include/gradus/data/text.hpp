#pragma once
/// \file
/// Everything for texts: docs/text.md.

#include "gradus/data/sequences.hpp"
#include "gradus/data/tokenize.hpp"
#include "gradus/data/utf8.hpp"
#include "gradus/data/vocabulary.hpp"
#include "gradus/data/vocabulary_file.hpp"
#include "gradus/training/language_metrics.hpp"
#include "gradus/training/sampling.hpp"
