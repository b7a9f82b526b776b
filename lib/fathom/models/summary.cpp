#include "fathom/models/summary.hpp"

#include <torch/nn/module.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>

#include "fathom/models/image_model.hpp"

namespace fathom::models {
namespace {

/// How often a weight is multiplied: a filter at every place of the maps that it sees, a matrix at every
/// step.
std::int64_t uses(const torch::Tensor& weight, const std::vector<std::int64_t>& input,
                  const std::vector<std::int64_t>& output) {
  if (weight.dim() == 4) return input[1] * input[2];  // stride 1, padded to the same size
  if (weight.dim() != 2) return 0;
  return output.size() == 2 ? output[0] : 1;
}

}  // namespace

std::vector<StageSummary> summary(ImageModel& network) {
  const torch::NoGradGuard no_grad;
  const bool was_training = network.is_training();
  network.eval();
  const InputShape in = input_of(network.architecture());
  const std::vector<std::string> names = network.stages();
  const torch::Tensor image = torch::zeros({1, in.channels, in.height, in.width}, network.mean().device());
  const std::vector<torch::Tensor> outputs = network.activations(image, names.size());
  network.train(was_training);

  std::vector<StageSummary> stages;
  for (std::size_t i = 0; i < names.size(); ++i)
    stages.push_back({names[i], outputs[i].sizes().slice(1).vec(), 0, 0});
  // Modules are registered in the order of the stages; one without a stage of its name (batch norm, the
  // layers of an LSTM) belongs to the stage before it, and the head to the logits.
  std::size_t current = 0;
  for (const auto& child : network.named_children()) {
    if (child.key() == "head") current = stages.size() - 1;
    const auto named = std::find(names.begin(), names.end(), child.key());
    if (named != names.end()) current = static_cast<std::size_t>(named - names.begin());
    const std::vector<std::int64_t> input =
        current == 0 ? std::vector{in.channels, in.height, in.width} : stages[current - 1].shape;
    for (const torch::Tensor& weight : child.value()->parameters()) {
      stages[current].parameters += weight.numel();
      stages[current].multiply_adds += weight.numel() * uses(weight, input, stages[current].shape);
    }
  }
  return stages;
}

}  // namespace fathom::models
