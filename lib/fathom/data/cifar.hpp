/// CIFAR-10 in its binary layout (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html): records of
/// one label byte and 3072 pixel bytes (red, green, blue planes of 32x32).
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// Bytes of each of the six published files: 10 000 records.
inline constexpr std::uint64_t cifar10_batch_size = std::uint64_t{10'000} * 3073;

/// The records of several files in turn. Throws FileError, or FormatError: empty, a length that is no
/// multiple of 3073, a label over 9.
ImageSet read_cifar10(const std::vector<std::filesystem::path>& files);

}  // namespace fathom::data
