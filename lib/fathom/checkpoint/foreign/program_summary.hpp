/// What the modules of a TorchScript program of any origin cost.
#pragma once

#include <torch/script.h>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fathom::checkpoint {

struct ProgramStage {
  std::string name;             ///< of a module with parameters of its own: "layer1.0.conv1"; "" for the root
  std::int64_t parameters = 0;  ///< numbers in them
  /// Of its output for one image, without the batch; empty if the graph does not show it (an output inside a
  /// branch of a scripted program), or if there was no example.
  std::optional<std::vector<std::int64_t>> shape;
  /// In its convolutions and matrix products, for one image; empty as `shape` is.
  std::optional<std::int64_t> multiply_adds;
};

/// The modules with parameters, in the order in which they are registered. `example`, an input of the program
/// with one image, may be undefined. Throws c10::Error if the program cannot run on it.
std::vector<ProgramStage> program_summary(const torch::jit::Module& program, const torch::Tensor& example);

}  // namespace fathom::checkpoint
