// Text: tokens, vocabularies, sampling from logits, and other tools for programs that process text.
#define GRADUS_BODIES_OF_text 1
#include "gradus/text.hpp"
