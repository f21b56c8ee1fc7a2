// Networks made of layers, gradient checks, explanations.
#define GRADUS_BODIES_OF_explain 1
#include "gradus/explain/explain.hpp"
#include "gradus/explain/expression.hpp"
#include "gradus/explain/losses.hpp"
#include "gradus/explain/page.hpp"
#include "gradus/explain/recurrence.hpp"
#include "gradus/explain/recurrent_unit.hpp"
#include "gradus/explain/statements.hpp"
#include "gradus/explain/step.hpp"
