#pragma once
/// \file
/// How often the program asked for memory, whoever in it asked.

#include <cstddef>

namespace bench {

/// Calls of malloc, calloc, realloc, posix_memalign and aligned_alloc so far, `operator new` among them.
[[nodiscard]] std::size_t allocations();

}  // namespace bench
