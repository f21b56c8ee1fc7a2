// explain: the formulas of a step with their numbers.
#define GRADUS_BODIES_OF_explain 1
#include "gradus/explain/dense.hpp"
#include "gradus/explain/embedding.hpp"
#include "gradus/explain/explain.hpp"
#include "gradus/explain/losses.hpp"
#include "gradus/explain/page.hpp"
#include "gradus/explain/recurrent.hpp"
#include "gradus/explain/recurrent_cells.hpp"
#include "gradus/explain/step.hpp"
