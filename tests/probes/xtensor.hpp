#pragma once
// What a user who writes with xtensor's expressions includes of it, wherever upstream has put it.

#include "gradus/reference/xtensor.hpp"

#if __has_include(<xtensor/views/xview.hpp>)
#include <xtensor/core/xnoalias.hpp>
#include <xtensor/views/xview.hpp>
#else
#include <xtensor/xnoalias.hpp>
#include <xtensor/xview.hpp>
#endif
