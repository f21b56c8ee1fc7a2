// Plots of training and predictions, as SVG.
#define GRADUS_BODIES_OF_plot 1
#include "gradus/plot.hpp"
