#pragma once
/// \file
/// Texts as numbers: tokens, vocabularies, symbols sampled from logits; and what else programs for text need.
/// Includes metrics, data, tensor, base.

#include "gradus/text/tokenize.hpp"
#include "gradus/text/vocabulary.hpp"
#include "gradus/text/vocabulary_file.hpp"
#include "gradus/text/sampling.hpp"
#include "gradus/base/utf8.hpp"
#include "gradus/data/sequences.hpp"
#include "gradus/metrics/language.hpp"
