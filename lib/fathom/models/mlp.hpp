/// The multilayer perceptron.
///
///   Mlp net(MlpOptions{.hidden = {512, 256}});
///   torch::Tensor logits = net->forward(images);   // images [N, 1, 28, 28] in [0, 1]
#pragma once

#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/pimpl.h>

#include "fathom/models/image_model.hpp"

namespace fathom::models {

/// Stages: "dense1" ... "denseN" (after the activation), "logits".
class MlpImpl : public ImageModel {
 public:
  explicit MlpImpl(MlpOptions options);

  std::vector<torch::Tensor> activations(const torch::Tensor& images, std::size_t count) override;
  torch::Tensor features(const torch::Tensor& images) override;
  std::vector<std::string> stages() const override;
  Architecture architecture() const override { return options_; }
  LogitsFunction folded() override;
  std::int64_t flops() const override;

 private:
  MlpOptions options_;
  std::vector<torch::nn::Linear> dense_;
  std::vector<torch::nn::BatchNorm1d> norm_;
  torch::nn::Linear head_{nullptr};
};
TORCH_MODULE(Mlp);

}  // namespace fathom::models
