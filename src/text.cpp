// Texts as numbers: tokens, vocabularies, symbols drawn from what a network says.
#define GRADUS_BODIES_OF_text 1
#include "gradus/text/sampling.hpp"
#include "gradus/text/tokenize.hpp"
#include "gradus/text/vocabulary.hpp"
#include "gradus/text/vocabulary_file.hpp"
