#pragma once
/// \file
/// What a layer, a pass, a parameter list, a path and a state are: all that layers and networks have in common.
/// Includes tensor, base.

#include "gradus/nn/parameters.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/gradients.hpp"
#include "gradus/nn/context.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/moments.hpp"
#include "gradus/nn/initialize.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/paths.hpp"
#include "gradus/nn/to_scalar.hpp"
#include "gradus/nn/state.hpp"
#include "gradus/nn/statement.hpp"
#include "gradus/nn/visitor.hpp"
