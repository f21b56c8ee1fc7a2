// Metrics of the quality of predictions.
#define GRADUS_BODIES_OF_metrics 1
#include "gradus/metrics.hpp"
