// How formulas are made fast: element by element, row by row, products, convolutions.
#define GRADUS_BODIES_OF_kernels 1
#include "gradus/kernels.hpp"
