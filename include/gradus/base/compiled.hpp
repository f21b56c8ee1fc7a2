#pragma once
/// \file
/// Header-only or compiled unit: macros for functions that do not depend on the network's type and are compiled once.
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
/// By default (header-only) such a function is a template: a program compiles only those that it calls. With
/// `GRADUS_COMPILED` it is an ordinary function whose body is not included in the program: src/ compiles it, with one
/// file per folder. Templates such as kernels and layers are instantiated there for their usual types:
/// ```cpp
/// #ifdef GRADUS_COMPILED
/// GRADUS_EXTERN(kernels) template float softmax_row(const float*, float*, std::size_t);
/// #endif
/// ```

#ifndef GRADUS_COMPILED

#define GRADUS_ONCE template <int = 0> [[gnu::noinline]]
#define GRADUS_BODY template <int>
#define GRADUS_BODIES_OF(folder) 1
// For a template that the unit instantiates: header-only, small networks are faster when it is inlined; an inline
// function would be compiled in every program. Also for a virtual function, which cannot be a template.
#define GRADUS_INLINE inline

#else

#include "gradus/base/configuration.hpp"

#define GRADUS_ONCE
#define GRADUS_BODY
#define GRADUS_INLINE
// src/FOLDER.cpp defines GRADUS_BODIES_OF_FOLDER as 1: there the bodies are included and nothing is extern.
#define GRADUS_BODIES_OF(folder) (GRADUS_BODIES_OF_##folder + 0)
#define GRADUS_EXTERN(folder) GRADUS_EXTERN_UNLESS(GRADUS_BODIES_OF_##folder)
#define GRADUS_EXTERN_UNLESS(bodies) GRADUS_EXTERN_UNLESS_(bodies)
#define GRADUS_EXTERN_UNLESS_(bodies) GRADUS_SECOND(GRADUS_NOT_EXTERN_##bodies, extern, )
#define GRADUS_NOT_EXTERN_1 ,
#define GRADUS_SECOND(...) GRADUS_SECOND_(__VA_ARGS__)
#define GRADUS_SECOND_(first, second, ...) second

#endif
