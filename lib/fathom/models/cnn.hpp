/// The convolutional network.
///
///   Cnn net(CnnOptions{.input = {3, 32, 32}, .blocks = {64, 128, 160}});
///   torch::Tensor features = net->forward_to(images, "conv4");
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "fathom/models/image_model.hpp"

namespace fathom::models {

/// Stages: "conv1" (the stem), "conv2" ... "convN" (after batch norm and activation), "logits".
/// A convolution that halves the picture is pooled before its batch norm: a quarter of the memory traffic for
/// the same features.
class CnnImpl : public ImageModel {
 public:
  explicit CnnImpl(CnnOptions options);

  std::vector<torch::Tensor> activations(const torch::Tensor& images, std::size_t count) override;
  torch::Tensor features(const torch::Tensor& images) override;
  std::vector<std::string> stages() const override;
  Architecture architecture() const override { return options_; }
  LogitsFunction folded() override;
  std::int64_t flops() const override;

 private:
  /// One convolution with what follows it.
  struct Layer {
    torch::nn::Conv2d conv{nullptr};
    torch::nn::BatchNorm2d norm{nullptr};
    bool pooled = false;
  };

  CnnOptions options_;
  std::vector<Layer> layers_;
  torch::nn::Linear head_{nullptr};
};
TORCH_MODULE(Cnn);

}  // namespace fathom::models
