/// Saving and restoring copies of a network's weights.
#pragma once

#include <torch/types.h>
#include <string>
#include <utility>
#include <vector>

#include "fathom/io/bundle.hpp"
#include "fathom/optim/optimizer.hpp"

namespace torch::nn {
class Module;
}

namespace fathom::optim {

/// The parameters in the order of FlatParameters, and the buffers by name.
struct Weights {
  torch::Tensor values;  ///< float [P]; undefined: none are kept
  std::vector<std::pair<std::string, torch::Tensor>> buffers;
};

/// `parameters` must be the network's.
Weights copy_of_weights(const FlatParameters& parameters, const torch::nn::Module& network);
/// Throws FormatError and changes nothing if the shapes do not match the network.
void put_weights(const Weights& weights, FlatParameters& parameters, torch::nn::Module& network);

/// Writes them to a bundle under names that begin with `prefix` (if there are any), and reads them back.
void insert(io::Bundle& bundle, const std::string& prefix, const Weights& weights);
Weights weights_in(const io::Bundle& bundle, const std::string& prefix);

/// The same of an optimizer's moments.
void insert_moments(io::Bundle& bundle, const std::string& prefix, const std::vector<torch::Tensor>& moments);
std::vector<torch::Tensor> moments_in(const io::Bundle& bundle, const std::string& prefix);

}  // namespace fathom::optim
