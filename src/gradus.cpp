// The compiled unit as one file, for a single g++ command. Compile programs that link to it with -DGRADUS_COMPILED.
#ifndef GRADUS_COMPILED
#define GRADUS_COMPILED
#endif

// One file for each folder; tests/arrows.sh lists which folder may include which.
#include "base.cpp"
#include "tensor.cpp"
#include "kernels.cpp"
#include "nn.cpp"
#include "activations.cpp"
#include "losses.cpp"
#include "initializers.cpp"
#include "optimizers.cpp"
#include "layers.cpp"
#include "models.cpp"
#include "data.cpp"
#include "metrics.cpp"
#include "text.cpp"
#include "images.cpp"
#include "training.cpp"
#include "io.cpp"
#include "interop.cpp"
#include "inspect.cpp"
#include "plot.cpp"
