// The compiled unit as one file, for one line of g++. Programs that are linked with it are compiled with -DGRADUS_COMPILED.
#ifndef GRADUS_COMPILED
#define GRADUS_COMPILED
#endif

// Folders in the order in which they include each other (tests/arrows.sh).
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
#include "text.cpp"
#include "images.cpp"
#include "metrics.cpp"
#include "training.cpp"
#include "io.cpp"
#include "interop.cpp"
#include "inspect.cpp"
#include "plot.cpp"
