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

#else

#define GRADUS_ONCE
#define GRADUS_BODY
// src/FOLDER.cpp defines GRADUS_BODIES_OF_FOLDER as 1, and GRADUS_EXTERN_FOLDER as nothing.
#define GRADUS_BODIES_OF(folder) (GRADUS_BODIES_OF_##folder + 0)
#define GRADUS_EXTERN(folder) GRADUS_EXTERN_##folder
#ifndef GRADUS_EXTERN_activations
#define GRADUS_EXTERN_activations extern
#endif
#ifndef GRADUS_EXTERN_initializers
#define GRADUS_EXTERN_initializers extern
#endif
#ifndef GRADUS_EXTERN_kernels
#define GRADUS_EXTERN_kernels extern
#endif
#ifndef GRADUS_EXTERN_layers
#define GRADUS_EXTERN_layers extern
#endif
#ifndef GRADUS_EXTERN_losses
#define GRADUS_EXTERN_losses extern
#endif
#ifndef GRADUS_EXTERN_optimizers
#define GRADUS_EXTERN_optimizers extern
#endif
#ifndef GRADUS_EXTERN_training
#define GRADUS_EXTERN_training extern
#endif

#endif
