#pragma once
/// \file
/// Counts the memory allocations of the program, in any library.

#include <cstddef>

namespace bench {

/// Calls of malloc, calloc, realloc, posix_memalign and aligned_alloc so far, including `operator new`.
[[nodiscard]] std::size_t allocations();

}  // namespace bench
