// Losses: each is a formula and its gradient.
#define GRADUS_BODIES_OF_losses 1
#include "gradus/losses.hpp"
