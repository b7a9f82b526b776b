/// A network as a TorchScript program.
#pragma once

#include <torch/script.h>
#include <functional>
#include <string>
#include <vector>

#include "fathom/models/image_model.hpp"

namespace fathom::checkpoint {

/// A method of a program: its name, what its arguments are called and look like, and what it computes of
/// them.
struct Method {
  std::string name = "forward";
  std::vector<std::string> arguments;
  std::vector<torch::Tensor>
      examples;  ///< of two samples, since a tracer takes one for a dimension to broadcast
  std::function<torch::Tensor(const std::vector<torch::Tensor>&)> body;
};

/// The module's parameters and buffers under their names, and the method as traced. The module is named
/// `kind`, is in evaluation mode and requires no gradients.
torch::jit::Module traced_program(const torch::nn::Module& module, const std::string& kind,
                                  const Method& method);

/// Parameters and buffers (copies) under their module names, and the traced `forward` in evaluation mode,
/// which takes any batch size: what `save_checkpoint` writes.
torch::jit::Module to_script(const models::ImageModel& network);

}  // namespace fathom::checkpoint
