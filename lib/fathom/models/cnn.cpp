#include "fathom/models/cnn.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/nn/folding.hpp"

namespace fathom::models {
namespace {

constexpr Names<Head, 3> kHeads = {
    {{Head::max_pool, "max-pool"}, {Head::mean_pool, "mean-pool"}, {Head::flatten, "flatten"}}};

constexpr at::MemoryFormat kChannelsLast = at::MemoryFormat::ChannelsLast;

/// A convolution as inference runs it: batch norm is in the weights.
struct FoldedConvolution {
  nn::Affine conv;
  bool pooled = false;
  /// Max pooling commutes with a scale only where that is positive. Where a batch norm behind a pooling has a
  /// negative one, the convolution takes its absolute value, and sign and shift follow here. Undefined: none
  /// is negative.
  torch::Tensor sign, shift;
};

FoldedConvolution fold(const torch::Tensor& weight, const torch::nn::BatchNorm2dImpl& norm, bool pooled) {
  FoldedConvolution layer{nn::folded(weight, norm), pooled, {}, {}};
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

torch::Tensor run(const FoldedConvolution& layer, torch::Tensor x, nn::Activation activation) {
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

class Cnn : public ImageModel {
 public:
  explicit Cnn(CnnOptions options) : ImageModel(options.input), options_(std::move(options)) {
    std::int64_t width = options_.input.channels;
    const auto add = [&](std::int64_t next, bool pooled) {
      const std::size_t number = convolutions_.size() + 1;
      // Batch norm brings a shift of its own, so the convolution before it needs none.
      const auto conv = torch::nn::Conv2dOptions(width, next, 3).padding(1).bias(!options_.batch_norm);
      Convolution layer;
      layer.conv = register_module(fmt::format("conv{}", number), torch::nn::Conv2d(conv));
      if (options_.batch_norm)
        layer.norm = register_module(fmt::format("norm{}", number), torch::nn::BatchNorm2d(next));
      layer.pooled = pooled;
      convolutions_.push_back(layer);
      width = next;
    };
    add(options_.stem, false);
    for (const std::int64_t block : options_.blocks) {
      add(block, true);
      add(block, false);
    }
    head_ = register_module("head", torch::nn::Linear(head_features(options_), options_.classes));
  }

  torch::Tensor features(const torch::Tensor& images) override {
    return head_input(after(images, convolutions_.size()), options_.head);
  }

  std::vector<std::string> stages() const override { return numbered_stages("conv", convolutions_.size()); }
  Architecture architecture() const override { return options_; }
  bool is_built_of_relus() const override { return options_.activation == nn::Activation::relu; }

  LogitsFunction folded() override {
    const torch::NoGradGuard no_grad;
    std::vector<FoldedConvolution> layers;
    for (const Convolution& layer : convolutions_) {
      layers.push_back(
          options_.batch_norm
              ? fold(layer.conv->weight, *layer.norm, layer.pooled)
              : FoldedConvolution{{layer.conv->weight, layer.conv->bias.clone()}, layer.pooled, {}, {}});
      layers.back().conv.weight = layers.back().conv.weight.clone(kChannelsLast);
    }
    nn::Affine head{head_->weight.clone(), head_->bias.clone()};
    if (options_.head ==
        Head::flatten) {  // the maps lie channels-last: read in that order, they need no copy
      const torch::Tensor by_place =
          head.weight.view({options_.classes, layers.back().conv.weight.size(0), -1});
      head.weight = by_place.transpose(1, 2).reshape({options_.classes, -1});
    }
    const torch::Tensor mean = this->mean().clone(), std = deviation().clone();

    return [=, activation = options_.activation, kind = options_.head](const torch::Tensor& images) {
      torch::Tensor x = images.clone(kChannelsLast).sub_(mean).div_(std);
      for (const FoldedConvolution& layer : layers) x = run(layer, x, activation);
      const torch::Tensor features =
          kind == Head::flatten ? x.permute({0, 2, 3, 1}).reshape({x.size(0), -1}) : head_input(x, kind);
      return torch::addmm(head.bias, features, head.weight.t());
    };
  }

  std::int64_t flops() const override {
    std::int64_t total = head_->weight.numel(), height = options_.input.height, width = options_.input.width;
    for (const Convolution& layer : convolutions_) {
      total += layer.conv->weight.numel() * height * width;
      if (layer.pooled) height /= 2, width /= 2;
    }
    return 2 * total;
  }

 protected:
  torch::Tensor pass(const torch::Tensor& images, const StageEnd& ends) override {
    torch::Tensor x = normalised(images, kChannelsLast);
    for (Convolution& layer : convolutions_) {
      x = layer.conv->forward(x);
      if (layer.pooled) x = torch::max_pool2d(x, 2);
      if (options_.batch_norm) x = layer.norm->forward(x);
      x = activated(x, options_.activation);
      if (ends(x)) return x;
    }
    return head_->forward(drop(head_input(x, options_.head), options_.dropout));
  }

 private:
  /// A convolution with what follows it.
  struct Convolution {
    torch::nn::Conv2d conv{nullptr};
    torch::nn::BatchNorm2d norm{nullptr};
    bool pooled = false;
  };

  CnnOptions options_;
  std::vector<Convolution> convolutions_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace

void CnnOptions::validate() const {
  require_between("the stem's width", stem, 1, kLargestWidth);
  require_between("the number of blocks", std::ssize(blocks), 0, 12);
  for (const std::int64_t width : blocks) require_between("a block's width", width, 1, kLargestWidth);
  const std::int64_t side = std::min(input.height, input.width);
  if (side >> blocks.size() == 0)
    throw InvalidArgument(fmt::format(
        "{} blocks are too many for a picture of {} pixels, because each block halves it; use fewer blocks",
        blocks.size(), side));
}

std::int64_t CnnOptions::parameter_count() const {
  const auto conv = [&](std::int64_t in, std::int64_t out) {
    return 9 * in * out + (batch_norm ? 2 * out : out);
  };
  std::int64_t total = conv(input.channels, stem), width = stem;
  for (const std::int64_t next : blocks) {
    total += conv(width, next) + conv(next, next);
    width = next;
  }
  return total + (head_features(*this) + 1) * classes;
}

std::shared_ptr<ImageModel> CnnOptions::make() const { return std::make_shared<Cnn>(*this); }

std::int64_t head_features(const CnnOptions& o) {
  const std::int64_t width = o.blocks.empty() ? o.stem : o.blocks.back();
  return o.head == Head::flatten
             ? width * (o.input.height >> o.blocks.size()) * (o.input.width >> o.blocks.size())
             : width;
}

std::string to_string(Head head) { return name_of(kHeads, head); }

Head head_from(const std::string& name) { return value_of(kHeads, "head", name); }

}  // namespace fathom::models
