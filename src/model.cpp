// Networks made of layers, gradient checks, explanations.
#define GRADUS_BODIES_OF_model 1
#include "gradus/model/any_network.hpp"
#include "gradus/model/repeat.hpp"
#include "gradus/model/residual.hpp"
#include "gradus/model/sequential.hpp"
#include "gradus/model/summary.hpp"
