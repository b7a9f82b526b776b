#include "fathom/models/cnn.hpp"

#include <fmt/format.h>

#include "fathom/nn/folding.hpp"

namespace fathom::models {
namespace {

constexpr at::MemoryFormat kChannelsLast = at::MemoryFormat::ChannelsLast;

/// A convolution as inference runs it: batch norm is in the weights.
struct FoldedLayer {
  nn::Affine conv;
  bool pooled = false;
  /// Max pooling commutes with a scale only where that is positive. Where a batch norm behind a pooling has a
  /// negative one, the convolution takes its absolute value, and sign and shift follow here. Undefined: none
  /// is negative.
  torch::Tensor sign, shift;
};

FoldedLayer fold(const torch::Tensor& weight, const torch::nn::BatchNorm2dImpl& norm, bool pooled) {
  FoldedLayer layer{nn::folded(weight, norm), pooled, {}, {}};
  const torch::Tensor scale = nn::scale_shift(norm).scale;
  if (pooled && (scale < 0).any().item<bool>()) {
    const torch::Tensor sign = torch::where(scale < 0, -torch::ones_like(scale), torch::ones_like(scale));
    layer.conv.weight = layer.conv.weight * sign.view({-1, 1, 1, 1});
    layer.sign = sign.view({1, -1, 1, 1});
    layer.shift = layer.conv.bias.view({1, -1, 1, 1});
    layer.conv.bias = torch::zeros_like(layer.conv.bias);
  }
  return layer;
}

torch::Tensor run(const FoldedLayer& layer, torch::Tensor x, nn::Activation activation) {
  x = torch::conv2d(x, layer.conv.weight, layer.conv.bias, /*stride=*/1, /*padding=*/1);
  if (layer.pooled) x = torch::max_pool2d(x, 2);
  if (layer.sign.defined()) x = x.mul_(layer.sign).add_(layer.shift);
  return activation == nn::Activation::relu ? x.relu_() : nn::activate(x, activation);
}

/// float [N, features] that the head sees of the last maps.
torch::Tensor head_input(const torch::Tensor& maps, Head head) {
  switch (head) {
    case Head::max_pool:
      return maps.amax({2, 3});
    case Head::mean_pool:
      return maps.mean({2, 3});
    case Head::flatten:
      break;
  }
  return maps.flatten(1);
}

}  // namespace

CnnImpl::CnnImpl(CnnOptions options) : ImageModel(options.input), options_(std::move(options)) {
  validate(options_);
  std::int64_t width = options_.input.channels;
  const auto add = [&](std::int64_t next, bool pooled) {
    const std::size_t number = layers_.size() + 1;
    // Batch norm brings a shift of its own, so the convolution before it needs none.
    const auto conv = torch::nn::Conv2dOptions(width, next, 3).padding(1).bias(!options_.batch_norm);
    Layer layer;
    layer.conv = register_module(fmt::format("conv{}", number), torch::nn::Conv2d(conv));
    if (options_.batch_norm)
      layer.norm = register_module(fmt::format("norm{}", number), torch::nn::BatchNorm2d(next));
    layer.pooled = pooled;
    layers_.push_back(layer);
    width = next;
  };
  add(options_.stem, false);
  for (const std::int64_t block : options_.blocks) {
    add(block, true);
    add(block, false);
  }
  head_ = register_module("head", torch::nn::Linear(head_features(options_), options_.classes));
}

std::vector<std::string> CnnImpl::stages() const {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= layers_.size(); ++i) names.push_back(fmt::format("conv{}", i));
  names.emplace_back("logits");
  return names;
}

std::vector<torch::Tensor> CnnImpl::activations(const torch::Tensor& images, std::size_t count) {
  std::vector<torch::Tensor> stages;
  torch::Tensor x = normalised(images, kChannelsLast);
  for (Layer& layer : layers_) {
    if (stages.size() == count) return stages;
    x = layer.conv->forward(x);
    if (layer.pooled) x = torch::max_pool2d(x, 2);
    if (options_.batch_norm) x = layer.norm->forward(x);
    x = activated(x, options_.activation);
    stages.push_back(x);
  }
  if (stages.size() < count)
    stages.push_back(head_->forward(drop(head_input(x, options_.head), options_.dropout)));
  return stages;
}

torch::Tensor CnnImpl::features(const torch::Tensor& images) {
  return head_input(activations(images, layers_.size()).back(), options_.head);
}

LogitsFunction CnnImpl::folded() {
  const torch::NoGradGuard no_grad;
  std::vector<FoldedLayer> layers;
  for (const Layer& layer : layers_) {
    layers.push_back(options_.batch_norm
                         ? fold(layer.conv->weight, *layer.norm, layer.pooled)
                         : FoldedLayer{{layer.conv->weight, layer.conv->bias.clone()}, layer.pooled, {}, {}});
    layers.back().conv.weight = layers.back().conv.weight.clone(kChannelsLast);
  }
  nn::Affine head{head_->weight.clone(), head_->bias.clone()};
  if (options_.head == Head::flatten) {  // the maps lie channels-last: read in that order, they need no copy
    const torch::Tensor by_place =
        head.weight.view({options_.classes, layers.back().conv.weight.size(0), -1});
    head.weight = by_place.transpose(1, 2).reshape({options_.classes, -1});
  }
  const torch::Tensor mean = this->mean().clone(), std = deviation().clone();

  return [=, activation = options_.activation, kind = options_.head](const torch::Tensor& images) {
    torch::Tensor x = images.clone(kChannelsLast).sub_(mean).div_(std);
    for (const FoldedLayer& layer : layers) x = run(layer, x, activation);
    const torch::Tensor features =
        kind == Head::flatten ? x.permute({0, 2, 3, 1}).reshape({x.size(0), -1}) : head_input(x, kind);
    return torch::addmm(head.bias, features, head.weight.t());
  };
}

std::int64_t CnnImpl::flops() const {
  std::int64_t total = head_->weight.numel(), height = options_.input.height, width = options_.input.width;
  for (const Layer& layer : layers_) {
    total += layer.conv->weight.numel() * height * width;
    if (layer.pooled) height /= 2, width /= 2;
  }
  return 2 * total;
}

}  // namespace fathom::models
