// Texts as numbers: tokens, vocabularies, symbols sampled from logits; and what else programs for text need.
#define GRADUS_BODIES_OF_text 1
#include "gradus/text.hpp"
