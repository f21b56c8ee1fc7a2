// What happens inside: every formula with its numbers, and gradients checked by differences.
#define GRADUS_BODIES_OF_inspect 1
#include "gradus/inspect/explain.hpp"
#include "gradus/inspect/explanation/expression.hpp"
#include "gradus/inspect/explanation/losses.hpp"
#include "gradus/inspect/explanation/page.hpp"
#include "gradus/inspect/explanation/recurrence.hpp"
#include "gradus/inspect/explanation/recurrent_unit.hpp"
#include "gradus/inspect/explanation/statements.hpp"
#include "gradus/inspect/explanation/step.hpp"
#include "gradus/inspect/gradient_check.hpp"
