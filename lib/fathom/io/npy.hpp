/// NumPy's .npy format, version 1.0: raw arrays that Python opens with numpy.load.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <torch/types.h>
#include <filesystem>

namespace fathom::io {

/// Writes float32, float64, int64 or uint8 of any shape, C order. Throws InvalidArgument on other types,
/// FileError.
void write_npy(const std::filesystem::path& path, const torch::Tensor& array);

/// Reads what `write_npy` writes (little-endian, C order). Throws FileError, or FormatError (not .npy,
/// another type, a file too short for its shape).
torch::Tensor read_npy(const std::filesystem::path& path);

}  // namespace fathom::io
