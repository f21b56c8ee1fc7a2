#pragma once
/// \file
/// How readers and writers fail.

#include <initializer_list>

#include "gradus/base/error.hpp"

namespace gradus::io {

/// \throws data_error, with this message.
[[noreturn, gnu::noinline]] inline void fail(std::initializer_list<piece> pieces) { throw data_error(message(pieces)); }

}  // namespace gradus::io
