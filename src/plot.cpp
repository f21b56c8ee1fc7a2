// Pictures of what a network learns, as SVG.
#define GRADUS_BODIES_OF_plot 1
#include "gradus/plot.hpp"
