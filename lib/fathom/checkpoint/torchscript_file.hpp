/// The checkpoint file: a TorchScript archive that contains the card. Internal to checkpoint/.
#pragma once

#include <torch/script.h>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace torch::nn {
class Module;
}

namespace fathom::checkpoint {

/// Writes the file atomically. Throws FileError.
void write_torchscript(const std::filesystem::path& path, const torch::jit::Module& program,
                       const std::string& card);

/// The card in the bytes of a file; empty if it has none. Throws FormatError, whose text begins with `what`,
/// if the file is truncated, damaged (all checksums are verified) or not an archive.
std::optional<std::string> card_text(const std::string& bytes, const std::string& what);

/// Throws FormatError if the file is too small for that many numbers. A card must not cause allocations that
/// the file size does not justify.
void require_covered(std::int64_t parameters, const std::string& bytes, const std::string& what);

/// Copies the program's parameters and buffers to those of the same names in `network`. Throws FormatError if
/// one is missing or has another shape or type, or if LibTorch cannot read the program.
void copy_weights(const std::string& bytes, torch::nn::Module& network, const std::string& what);

}  // namespace fathom::checkpoint
