/// Copies of a network's weights, to be kept aside and put back.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <string>
#include <utility>
#include <vector>

#include "fathom/train/optimizer.hpp"

namespace fathom::train {

/// The parameters as they lie in FlatParameters, and the buffers by name.
struct Weights {
  torch::Tensor values;  ///< float [P]; undefined: none are kept
  std::vector<std::pair<std::string, torch::Tensor>> buffers;
};

/// `parameters` must be the network's.
Weights copy_of_weights(const FlatParameters& parameters, const torch::nn::Module& network);
/// Throws FormatError, and changes nothing, where they are not of this network's shapes.
void put_weights(const Weights& weights, FlatParameters& parameters, torch::nn::Module& network);

}  // namespace fathom::train
