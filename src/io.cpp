// Files of networks and of training: NumPy's arrays, checkpoints, logs.
#define GRADUS_BODIES_OF_io 1
#include "gradus/io/array.hpp"
#include "gradus/io/checkpoint.hpp"
#include "gradus/io/csv_log.hpp"
#include "gradus/io/npy.hpp"
#include "gradus/io/npz.hpp"
#include "gradus/io/numpy.hpp"
#include "gradus/io/save.hpp"
#include "gradus/io/zip.hpp"
#include "gradus/io/zip_reader.hpp"
#include "gradus/io/zip_writer.hpp"
