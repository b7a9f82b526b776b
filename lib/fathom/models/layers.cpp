#include "fathom/models/layers.hpp"

#include <algorithm>

namespace fathom::models {
namespace {

/// Nothing else has running statistics.
bool is_batch_norm(const torch::nn::Module& module) {
  return module.named_buffers(/*recurse=*/false).contains("running_mean");
}

}  // namespace

std::vector<Layer> layers_of(const ImageModel& network) {
  std::vector<Layer> layers;
  for (const auto& child : network.named_children()) {
    if (!is_batch_norm(*child.value())) layers.push_back({child.key(), {}});
    layers.back().modules.push_back(child.value());
  }
  return layers;
}

bool has_batch_norm(const ImageModel& network) {
  const auto modules = network.modules(/*include_self=*/false);
  return std::any_of(modules.begin(), modules.end(), [](const auto& m) { return is_batch_norm(*m); });
}

void reinitialise(const Layer& layer, nn::Init init, torch::Generator generator) {
  for (const auto& module : layer.modules) nn::initialise(*module, init, generator);
}

}  // namespace fathom::models
