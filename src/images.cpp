// Images: grayscale files, thresholding.
#define GRADUS_BODIES_OF_images 1
#include "gradus/images.hpp"
