#include "fathom/optim/weights.hpp"

#include <torch/nn/module.h>

#include "fathom/core/error.hpp"

namespace fathom::optim {
namespace {

bool same_shape(const torch::Tensor& a, const torch::Tensor& b) {
  return a.defined() && b.defined() && a.sizes() == b.sizes() && a.scalar_type() == b.scalar_type();
}

const std::string kValues = ".values", kBuffer = ".buffer.";

}  // namespace

Weights copy_of_weights(const FlatParameters& parameters, const torch::nn::Module& network) {
  Weights copy{parameters.values().clone(), {}};
  for (const auto& item : network.named_buffers())
    copy.buffers.emplace_back(item.key(), item.value().clone());
  return copy;
}

void put_weights(const Weights& weights, FlatParameters& parameters, torch::nn::Module& network) {
  const torch::OrderedDict<std::string, torch::Tensor> buffers = network.named_buffers();
  bool fits = same_shape(parameters.values(), weights.values) && buffers.size() == weights.buffers.size();
  for (const auto& [name, buffer] : weights.buffers) {
    const torch::Tensor* const own = buffers.find(name);
    fits = fits && own && same_shape(*own, buffer);
  }
  if (!fits) throw FormatError("the weights belong to another network");

  const torch::NoGradGuard no_grad;
  parameters.values().copy_(weights.values);
  for (const auto& [name, buffer] : weights.buffers) torch::Tensor(buffers[name]).copy_(buffer);
}

void insert(io::Bundle& bundle, const std::string& prefix, const Weights& weights) {
  if (!weights.values.defined()) return;
  bundle.tensors[prefix + kValues] = weights.values;
  for (const auto& [name, buffer] : weights.buffers) bundle.tensors[prefix + kBuffer + name] = buffer;
}

Weights weights_in(const io::Bundle& bundle, const std::string& prefix) {
  Weights weights;
  for (const auto& [name, tensor] : bundle.tensors) {
    if (name == prefix + kValues) weights.values = tensor;
    if (name.starts_with(prefix + kBuffer))
      weights.buffers.emplace_back(name.substr(prefix.size() + kBuffer.size()), tensor);
  }
  return weights;
}

void insert_moments(io::Bundle& bundle, const std::string& prefix,
                    const std::vector<torch::Tensor>& moments) {
  for (std::size_t i = 0; i < moments.size(); ++i)
    bundle.tensors[prefix + "." + std::to_string(i)] = moments[i];
}

std::vector<torch::Tensor> moments_in(const io::Bundle& bundle, const std::string& prefix) {
  std::vector<torch::Tensor> moments;
  while (bundle.tensors.contains(prefix + "." + std::to_string(moments.size())))
    moments.push_back(bundle.tensors.at(prefix + "." + std::to_string(moments.size())));
  return moments;
}

}  // namespace fathom::optim
