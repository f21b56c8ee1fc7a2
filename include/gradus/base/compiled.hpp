#pragma once
/// \file
/// Header-only, or with the compiled unit: how a function says that it knows no network, and so needs compiling only once.
///
/// ```cpp
/// GRADUS_ONCE void save(const std::string& path, parameter_list& theta);       // declared, with its documentation
///
/// #if GRADUS_BODIES_OF(io)
/// GRADUS_BODY void save(const std::string& path, parameter_list& theta) {     // and below, its body
///     ...
/// }
/// #endif
/// ```
/// Header-only, the default, such a function is a template: a program compiles those that it calls, and no others. With
/// `GRADUS_COMPILED` it is an ordinary function, whose body the program does not see: src/ compiles it, a file for each
/// folder. What is a template by itself, a kernel or a layer, is compiled there for its usual types:
/// ```cpp
/// #ifdef GRADUS_COMPILED
/// GRADUS_EXTERN(kernels) template void softmax_row(const float*, float*, std::size_t);
/// #endif
/// ```

#ifndef GRADUS_COMPILED

#define GRADUS_ONCE template <int = 0> [[gnu::noinline]]
#define GRADUS_BODY template <int>
#define GRADUS_BODIES_OF(folder) 1
// Before a template that the unit has: small networks are faster where it is inlined, and what is inline is compiled by all.
// And in a class before a virtual function that knows no network, which cannot be a template.
#define GRADUS_INLINE inline

#else

#include "gradus/base/configuration.hpp"

#define GRADUS_ONCE
#define GRADUS_BODY
#define GRADUS_INLINE
// src/FOLDER.cpp defines GRADUS_BODIES_OF_FOLDER as 1: bodies are seen there, and nothing is extern.
#define GRADUS_BODIES_OF(folder) (GRADUS_BODIES_OF_##folder + 0)
#define GRADUS_EXTERN(folder) GRADUS_EXTERN_UNLESS(GRADUS_BODIES_OF_##folder)
#define GRADUS_EXTERN_UNLESS(bodies) GRADUS_EXTERN_UNLESS_(bodies)
#define GRADUS_EXTERN_UNLESS_(bodies) GRADUS_SECOND(GRADUS_NOT_EXTERN_##bodies, extern, )
#define GRADUS_NOT_EXTERN_1 ,
#define GRADUS_SECOND(...) GRADUS_SECOND_(__VA_ARGS__)
#define GRADUS_SECOND_(first, second, ...) second

#endif
