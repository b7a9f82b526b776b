/// The recurrent network over the rows of a picture.
///
///   BiLstm net(BiLstmOptions{.hidden = 128});
///   torch::Tensor states = net->forward_to(images, "states");   // [N, 28, 256], forward and backward side
///   by side
#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>
#include <torch/nn/pimpl.h>

#include "fathom/models/image_model.hpp"

namespace fathom::models {

/// Stages: "states" (after every row), "last" (the forward direction after the last row beside the backward
/// direction after the first: each has then read the whole picture), "logits".
class BiLstmImpl : public ImageModel {
 public:
  explicit BiLstmImpl(BiLstmOptions options);

  std::vector<torch::Tensor> activations(const torch::Tensor& images, std::size_t count) override;
  torch::Tensor features(const torch::Tensor& images) override;
  std::vector<std::string> stages() const override { return {"states", "last", "logits"}; }
  Architecture architecture() const override { return options_; }
  LogitsFunction folded() override;
  std::int64_t flops() const override;

 private:
  BiLstmOptions options_;
  std::vector<torch::nn::LSTM>
      lstm_;  // one per layer, so that dropout between layers draws from our generator
  torch::nn::Linear head_{nullptr};
};
TORCH_MODULE(BiLstm);

}  // namespace fathom::models
