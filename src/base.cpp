// Below everything: errors and messages, random numbers, files and bytes, how a function is compiled once.
#define GRADUS_BODIES_OF_base 1
#include "gradus/base/byte_reader.hpp"
#include "gradus/base/compiled.hpp"
#include "gradus/base/configuration.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/file.hpp"
#include "gradus/base/function_ref.hpp"
#include "gradus/base/random.hpp"
#include "gradus/base/utf8.hpp"
