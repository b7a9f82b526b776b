/// Exports a network as a TorchScript program.
#pragma once

#include <torch/script.h>
#include <functional>
#include <string>
#include <vector>

#include "fathom/models/image_model.hpp"

namespace fathom::checkpoint {

/// A method of a program: its name, the names and example values of its arguments, and its function.
struct Method {
  std::string name = "forward";
  std::vector<std::string> arguments;
  std::vector<torch::Tensor> examples;  ///< two samples each, because the tracer would treat a size of one as
                                        ///< a dimension to broadcast
  std::function<torch::Tensor(const std::vector<torch::Tensor>&)> body;
};

/// Contains the module's parameters and buffers under their names, and the traced method. The module is named
/// `kind`, is in evaluation mode and requires no gradients.
torch::jit::Module traced_module(const torch::nn::Module& module, const std::string& kind,
                                 const Method& method);

/// Parameters and buffers (copies) under their module names, and the traced `forward` in evaluation mode,
/// which takes any batch size: what `save_checkpoint` writes.
torch::jit::Module to_torchscript(const models::ImageModel& network);

}  // namespace fathom::checkpoint
