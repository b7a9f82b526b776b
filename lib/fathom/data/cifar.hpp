/// CIFAR-10 in its binary layout (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html): records of
/// one label byte and 3072 pixel bytes (red, green, blue planes of 32x32).
#pragma once

#include <torch/types.h>
#include <filesystem>
#include <string>
#include <vector>

#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// Reads the records of the files in order into a set with that name. Throws FileError, FormatError (empty, a
/// length that is not a multiple of 3073, a label without a class), or InvalidArgument if there is no file.
ImageSet read_cifar10(const std::vector<std::filesystem::path>& files, std::vector<std::string> classes,
                      std::string name);

}  // namespace fathom::data
