/// The non-linearities of a network.
#pragma once

#include <torch/types.h>
#include <string>

namespace fathom::nn {

enum class Activation {
  relu,
  tanh,
  sigmoid,
  gelu,
  identity,  ///< none: without non-linearities, a deep network is a single linear map
};

std::string to_string(Activation activation);
Activation activation_from(const std::string& name);  ///< throws InvalidArgument
torch::Tensor activate(const torch::Tensor& x, Activation activation);

}  // namespace fathom::nn
