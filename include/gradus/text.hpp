#pragma once
/// \file
/// Everything for texts: docs/text.md.

#include "gradus/base/utf8.hpp"
#include "gradus/data/sequences.hpp"
#include "gradus/metrics/language.hpp"
#include "gradus/text/sampling.hpp"
#include "gradus/text/tokenize.hpp"
#include "gradus/text/vocabulary.hpp"
#include "gradus/text/vocabulary_file.hpp"
