#include "fathom/explain/filters.hpp"

#include "fathom/models/layers.hpp"

namespace fathom::explain {
namespace {

/// An LSTM's input weights, one picture per gate and direction: [gates, 1, hidden, numbers per row].
Filters recurrent_filters(const torch::nn::Module& lstm) {
  Filters filters;
  std::vector<torch::Tensor> gates;
  const auto parameters = lstm.named_parameters();
  const bool two_directions = parameters.contains("weight_ih_l0_reverse");
  const auto add = [&](const std::string& parameter, const std::string& direction) {
    const torch::Tensor weight = parameters[parameter];  // [4 hidden, numbers per row]
    gates.push_back(weight.view({4, 1, weight.size(0) / 4, weight.size(1)}));
    for (const char* gate : {"input gate", "forget gate", "cell", "output gate"})
      filters.names.push_back(gate + direction);
  };
  add("weight_ih_l0", two_directions ? ", down" : "");
  if (two_directions) add("weight_ih_l0_reverse", ", up");
  filters.weights = torch::cat(gates);
  return filters;
}

Filters plain_filters(const torch::Tensor& weight, const models::InputShape& input) {
  Filters filters;
  filters.weights = weight.dim() == 4 ? weight : weight.view({-1, input.channels, input.height, input.width});
  for (std::int64_t i = 0; i < filters.weights.size(0); ++i) filters.names.push_back(std::to_string(i));
  return filters;
}

}  // namespace

Filters first_layer_filters(const models::ImageModel& network) {
  const torch::NoGradGuard no_grad;
  const torch::nn::Module& first = *models::layers_of(network).front().modules.front();
  const auto parameters = first.named_parameters();
  Filters filters = parameters.contains("weight_ih_l0")
                        ? recurrent_filters(first)
                        : plain_filters(parameters["weight"], models::input_of(network.architecture()));
  filters.stage = network.stages().front();
  filters.weights = filters.weights.detach().to(torch::kCPU).clone(at::MemoryFormat::Contiguous);
  return filters;
}

torch::Tensor strongest_first(const torch::Tensor& filters) {
  return std::get<1>(filters.flatten(1).norm(2, {1}).sort(/*stable=*/true, 0, /*descending=*/true));
}

}  // namespace fathom::explain
