// How good a network is, in numbers.
#define GRADUS_BODIES_OF_metrics 1
#include "gradus/metrics/classification.hpp"
#include "gradus/metrics/language.hpp"
#include "gradus/metrics/regression.hpp"
#include "gradus/metrics/roc.hpp"
