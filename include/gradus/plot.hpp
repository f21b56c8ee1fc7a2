#pragma once
/// \file
/// Pictures of what a network learns, as SVG.
/// Includes metrics, data, tensor, base.

#include "gradus/plot/figure.hpp"
#include "gradus/plot/bars.hpp"
#include "gradus/plot/confusion.hpp"
#include "gradus/plot/decision_boundary.hpp"
#include "gradus/plot/images.hpp"
