/// The idx format of MNIST and Fashion-MNIST (LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist/):
/// two zero bytes, a type byte, the number of dimensions, the dimensions as big-endian 32-bit integers, the
/// data.
#pragma once

#include <torch/types.h>
#include <filesystem>
#include <string>
#include <vector>

#include "fathom/data/image_set.hpp"

namespace fathom::data {

/// An idx file of unsigned bytes, plain or .gz (detected by the first two bytes, not by the name), as uint8
/// in the shape of the file. The file length is checked against the header before memory is allocated. Throws
/// FileError, or FormatError: empty, truncated, extra bytes, wrong magic number or type, damaged .gz.
torch::Tensor read_idx(const std::filesystem::path& path);

/// Reads a pair of idx files, images [N, H, W] and labels [N], into a set with that name. Throws as above,
/// FormatError if counts differ or a label has no class, and InvalidArgument unless there are two files.
ImageSet read_idx_set(const std::vector<std::filesystem::path>& files, std::vector<std::string> classes,
                      std::string name);

}  // namespace fathom::data
