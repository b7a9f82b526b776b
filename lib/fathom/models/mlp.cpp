#include "fathom/models/mlp.hpp"

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/models/image_model.hpp"
#include "fathom/nn/folding.hpp"

namespace fathom::models {
namespace {

class Mlp : public ImageModel {
 public:
  explicit Mlp(MlpOptions options) : ImageModel(options.input), options_(std::move(options)) {
    std::int64_t width = options_.input.channels * options_.input.pixels();
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

  torch::Tensor features(const torch::Tensor& images) override {
    return dense_.empty() ? normalised(images).flatten(1) : after(images, dense_.size());
  }

  std::vector<std::string> stages() const override { return numbered_stages("dense", dense_.size()); }
  Architecture architecture() const override { return options_; }
  bool is_built_of_relus() const override { return options_.activation == nn::Activation::relu; }

  LogitsFunction folded() override {
    const torch::NoGradGuard no_grad;
    std::vector<nn::Affine> layers;
    for (std::size_t i = 0; i < dense_.size(); ++i)
      layers.push_back(options_.batch_norm ? nn::folded(dense_[i]->weight, *norm_[i])
                                           : nn::Affine{dense_[i]->weight.clone(), dense_[i]->bias.clone()});
    layers.push_back({head_->weight.clone(), head_->bias.clone()});
    // The normalisation is affine too: W (x - m) / s + b.
    const torch::Tensor means = mean().flatten().repeat_interleave(options_.input.pixels());
    const torch::Tensor deviations = deviation().flatten().repeat_interleave(options_.input.pixels());
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

  std::int64_t flops() const override {
    std::int64_t total = head_->weight.numel();
    for (const auto& layer : dense_) total += layer->weight.numel();
    return 2 * total;
  }

 protected:
  torch::Tensor pass(const torch::Tensor& images, const StageEnd& ends) override {
    torch::Tensor x = normalised(images).flatten(1);
    for (std::size_t i = 0; i < dense_.size(); ++i) {
      x = dense_[i]->forward(x);
      if (options_.batch_norm) x = norm_[i]->forward(x);
      x = activated(x, options_.activation);
      if (ends(x)) return x;
      x = drop(x, options_.dropout);
    }
    return head_->forward(x);
  }

 private:
  MlpOptions options_;
  std::vector<torch::nn::Linear> dense_;
  std::vector<torch::nn::BatchNorm1d> norm_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace

void MlpOptions::validate() const {
  require_between("the number of hidden layers", std::ssize(hidden), 0, 1000);
  for (const std::int64_t width : hidden) require_between("a hidden layer's width", width, 1, kLargestWidth);
}

std::int64_t MlpOptions::parameter_count() const {
  std::int64_t total = 0, width = input.channels * input.pixels();
  for (const std::int64_t next : hidden) {
    total += width * next + (batch_norm ? 2 * next : next);
    width = next;
  }
  return total + (width + 1) * classes;
}

std::shared_ptr<ImageModel> MlpOptions::make() const { return std::make_shared<Mlp>(*this); }

}  // namespace fathom::models
