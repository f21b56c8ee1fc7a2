#pragma once
/// \file
/// The settings on which a program and the compiled unit must agree. Each object file refers to a symbol named after
/// its settings, and the unit defines the one for its own: if they differ, the linker reports
/// ```
/// undefined reference to `gradus::compiled_unit::version_0_1_0::AVX2_and_FMA::with_BLAS::with_zlib::without_sanitizer'
/// ```
/// which shows how the program was compiled.

#include "gradus/version.hpp"

// version_0_1_0
#define GRADUS_VERSION_NAME GRADUS_VERSION_OF(GRADUS_VERSION_MAJOR, GRADUS_VERSION_MINOR, GRADUS_VERSION_PATCH)
#define GRADUS_VERSION_OF(major, minor, patch) GRADUS_VERSION_OF_(major, minor, patch)
#define GRADUS_VERSION_OF_(major, minor, patch) version_##major##_##minor##_##patch

// The SIMD instruction set that xsimd uses, given the compiler's flags (-march=native).
#if defined(__AVX512BW__) && defined(__AVX512DQ__)
#define GRADUS_SIMD AVX512
#elif defined(__AVX512F__)
#define GRADUS_SIMD AVX512F_alone
#elif defined(__AVX2__) && defined(__FMA__)
#define GRADUS_SIMD AVX2_and_FMA
#elif defined(__AVX2__)
#define GRADUS_SIMD AVX2
#elif defined(__AVX__)
#define GRADUS_SIMD AVX
#elif defined(__SSE4_2__)
#define GRADUS_SIMD SSE4_2
#elif defined(__SSE4_1__)
#define GRADUS_SIMD SSE4_1
#elif defined(__SSSE3__)
#define GRADUS_SIMD SSSE3
#elif defined(__SSE3__)
#define GRADUS_SIMD SSE3
#elif defined(__SSE2__)
#define GRADUS_SIMD SSE2
#elif defined(__ARM_FEATURE_SVE)
#define GRADUS_SIMD SVE
#elif defined(__ARM_NEON)
#define GRADUS_SIMD NEON
#else
#define GRADUS_SIMD no_SIMD
#endif

#if GRADUS_USE_BLAS
#define GRADUS_WITH_BLAS with_BLAS
#else
#define GRADUS_WITH_BLAS without_BLAS
#endif

#if GRADUS_HAS_ZLIB
#define GRADUS_WITH_ZLIB with_zlib
#else
#define GRADUS_WITH_ZLIB without_zlib
#endif

// g++ announces sanitizers by macros, clang++ by features. The undefined-behaviour sanitizer has none and needs none.
#ifdef __has_feature
#define GRADUS_HAS_FEATURE(name) __has_feature(name)
#else
#define GRADUS_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || GRADUS_HAS_FEATURE(address_sanitizer)
#define GRADUS_SANITIZER with_address_sanitizer
#elif defined(__SANITIZE_THREAD__) || GRADUS_HAS_FEATURE(thread_sanitizer)
#define GRADUS_SANITIZER with_thread_sanitizer
#elif GRADUS_HAS_FEATURE(memory_sanitizer)
#define GRADUS_SANITIZER with_memory_sanitizer
#else
#define GRADUS_SANITIZER without_sanitizer
#endif

namespace gradus::compiled_unit {

namespace GRADUS_VERSION_NAME::GRADUS_SIMD::GRADUS_WITH_BLAS::GRADUS_WITH_ZLIB {
extern const char GRADUS_SANITIZER;
#if GRADUS_BODIES_OF_base
const char GRADUS_SANITIZER = 0;
#endif
}  // namespace GRADUS_VERSION_NAME::GRADUS_SIMD::GRADUS_WITH_BLAS::GRADUS_WITH_ZLIB

// Not inline: each object refers to it.
[[gnu::used]] static const char* const fits =
    &GRADUS_VERSION_NAME::GRADUS_SIMD::GRADUS_WITH_BLAS::GRADUS_WITH_ZLIB::GRADUS_SANITIZER;

}  // namespace gradus::compiled_unit
