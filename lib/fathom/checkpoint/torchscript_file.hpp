/// The file that a checkpoint is: a TorchScript archive with the card in it. Internal to models/.
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

/// Written whole or not at all. Throws FileError.
void write_program(const std::filesystem::path& path, const torch::jit::Module& program,
                   const std::string& card);

/// The card in the bytes of a file, or nothing where there is none. Throws FormatError whose text begins with
/// `what`: cut off or damaged (every member's checksum is compared), no archive.
std::optional<std::string> card_text(const std::string& bytes, const std::string& what);

/// Throws FormatError where the file cannot hold that many numbers: a card must not make us allocate more
/// than the file bears out.
void require_covered(std::int64_t parameters, const std::string& bytes, const std::string& what);

/// The program's parameters and buffers into those of the same names in `network`. Throws FormatError where
/// one is missing or of another shape or type, or LibTorch cannot read the program.
void copy_weights(const std::string& bytes, torch::nn::Module& network, const std::string& what);

}  // namespace fathom::checkpoint
