#pragma once
/// \file
/// Below everything: errors and messages, random numbers, files and bytes, how a function is compiled once.
/// Includes none of the other folders.

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/function_ref.hpp"
#include "gradus/base/random.hpp"
#include "gradus/base/utf8.hpp"
#include "gradus/base/file.hpp"
#include "gradus/base/byte_reader.hpp"
