#include "fathom/models/mlp.hpp"

#include <fmt/format.h>

#include "fathom/nn/folding.hpp"

namespace fathom::models {

MlpImpl::MlpImpl(MlpOptions options) : ImageModel(options.input), options_(std::move(options)) {
  validate(options_);
  std::int64_t width = options_.input.channels * options_.input.height * options_.input.width;
  for (const std::int64_t next : options_.hidden) {
    const std::size_t number = dense_.size() + 1;
    // Batch norm brings a shift of its own, so the layer before it needs none.
    const auto linear = torch::nn::LinearOptions(width, next).bias(!options_.batch_norm);
    dense_.push_back(register_module(fmt::format("dense{}", number), torch::nn::Linear(linear)));
    if (options_.batch_norm)
      norm_.push_back(register_module(fmt::format("norm{}", number), torch::nn::BatchNorm1d(next)));
    width = next;
  }
  head_ = register_module("head", torch::nn::Linear(width, options_.classes));
}

std::vector<std::string> MlpImpl::stages() const {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= dense_.size(); ++i) names.push_back(fmt::format("dense{}", i));
  names.emplace_back("logits");
  return names;
}

std::vector<torch::Tensor> MlpImpl::activations(const torch::Tensor& images, std::size_t count) {
  std::vector<torch::Tensor> stages;
  torch::Tensor x = normalised(images).flatten(1);
  for (std::size_t i = 0; i < dense_.size(); ++i) {
    if (stages.size() == count) return stages;
    x = dense_[i]->forward(x);
    if (options_.batch_norm) x = norm_[i]->forward(x);
    x = activated(x, options_.activation);
    stages.push_back(x);
    x = drop(x, options_.dropout);
  }
  if (stages.size() < count) stages.push_back(head_->forward(x));
  return stages;
}

torch::Tensor MlpImpl::features(const torch::Tensor& images) {
  return dense_.empty() ? normalised(images).flatten(1) : activations(images, dense_.size()).back();
}

LogitsFunction MlpImpl::folded() {
  const torch::NoGradGuard no_grad;
  std::vector<nn::Affine> layers;
  for (std::size_t i = 0; i < dense_.size(); ++i)
    layers.push_back(options_.batch_norm ? nn::folded(dense_[i]->weight, *norm_[i])
                                         : nn::Affine{dense_[i]->weight.clone(), dense_[i]->bias.clone()});
  layers.push_back({head_->weight.clone(), head_->bias.clone()});
  // The normalisation is affine too: W (x - m) / s + b.
  const std::int64_t places = options_.input.height * options_.input.width;
  const torch::Tensor means = mean().flatten().repeat_interleave(places);
  const torch::Tensor deviations = deviation().flatten().repeat_interleave(places);
  layers[0].weight = layers[0].weight / deviations;
  layers[0].bias = layers[0].bias - layers[0].weight.mv(means);

  return [layers, activation = options_.activation](const torch::Tensor& images) {
    torch::Tensor x = images.flatten(1);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      x = torch::addmm(layers[i].bias, x, layers[i].weight.t());
      if (i + 1 < layers.size()) x = nn::activate(x, activation);
    }
    return x;
  };
}

std::int64_t MlpImpl::flops() const {
  std::int64_t total = head_->weight.numel();
  for (const auto& layer : dense_) total += layer->weight.numel();
  return 2 * total;
}

}  // namespace fathom::models
