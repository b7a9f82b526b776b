#include "fathom/models/layers.hpp"

namespace fathom::models {

std::vector<Layer> layers_of(const ImageModel& network) {
  std::vector<Layer> layers;
  for (const auto& child : network.named_children()) {
    // Batch norm is all that has running statistics.
    const bool begins = child.value()->named_buffers().find("running_mean") == nullptr;
    if (begins) layers.push_back({child.key(), {}});
    layers.back().modules.push_back(child.value());
  }
  return layers;
}

void reinitialise(const Layer& layer, nn::Init init, torch::Generator generator) {
  for (const auto& module : layer.modules) nn::initialise(*module, init, generator);
}

}  // namespace fathom::models
