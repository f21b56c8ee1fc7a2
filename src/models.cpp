// Networks made of layers, and a summary of one.
#define GRADUS_BODIES_OF_models 1
#include "gradus/models/any_network.hpp"
#include "gradus/models/repeat.hpp"
#include "gradus/models/residual.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/models/summary.hpp"
