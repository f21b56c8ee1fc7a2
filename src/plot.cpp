// Pictures of what a network learns, as SVG.
#define GRADUS_BODIES_OF_plot 1
#include "gradus/plot/axis.hpp"
#include "gradus/plot/bars.hpp"
#include "gradus/plot/confusion.hpp"
#include "gradus/plot/decision_boundary.hpp"
#include "gradus/plot/figure.hpp"
#include "gradus/plot/frame.hpp"
#include "gradus/plot/heat.hpp"
#include "gradus/plot/images.hpp"
#include "gradus/plot/picture.hpp"
#include "gradus/plot/png.hpp"
#include "gradus/plot/style.hpp"
#include "gradus/plot/svg.hpp"
