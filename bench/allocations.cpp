// Replaces the C library's allocation functions by counting ones. Tensors call posix_memalign, so counting
// `operator new` would miss them.
#include "allocations.hpp"

#include <atomic>
#include <cerrno>

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {
std::atomic<std::size_t> calls{0};
}

std::size_t bench::allocations() { return calls; }

extern "C" {
void* malloc(std::size_t n) { return ++calls, __libc_malloc(n); }
void* calloc(std::size_t n, std::size_t size) { return ++calls, __libc_calloc(n, size); }
void* realloc(void* p, std::size_t n) { return ++calls, __libc_realloc(p, n); }
void* aligned_alloc(std::size_t alignment, std::size_t n) { return ++calls, __libc_memalign(alignment, n); }
int posix_memalign(void** p, std::size_t alignment, std::size_t n) {
    ++calls;
    *p = __libc_memalign(alignment, n);
    return *p == nullptr ? ENOMEM : 0;
}
}
