/// The layers of a network, for code that processes them one at a time.
///
///   for (const Layer& layer : layers_of(network)) reinitialise(layer, Init::he, generator);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fathom/models/image_model.hpp"

namespace fathom::models {

/// A convolutional, dense or recurrent layer together with the batch norm after it.
struct Layer {
  std::string name;  ///< of its first module, as in a checkpoint: "conv3", "dense1", "lstm1", "head"
  std::vector<std::shared_ptr<torch::nn::Module>> modules;  ///< the network's own, not copies
};

/// From the input to the logits; together they hold every parameter of the network.
std::vector<Layer> layers_of(const ImageModel& network);

/// Whether the network has batch norm, which cannot learn from a single image.
bool has_batch_norm(const ImageModel& network);

/// Re-initialises the layer's weights with `initialise` and resets the running statistics of its batch norm.
void reinitialise(const Layer& layer, nn::Init init, torch::Generator generator);

}  // namespace fathom::models
