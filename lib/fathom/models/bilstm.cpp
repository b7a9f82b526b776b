#include "fathom/models/bilstm.hpp"

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>

#include <fmt/format.h>

#include "fathom/core/compat.hpp"
#include "fathom/core/error.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::models {
namespace {

class BiLstm : public ImageModel {
 public:
  explicit BiLstm(const BiLstmOptions& options) : ImageModel(options.input), options_(options) {
    std::int64_t width = options_.input.channels * options_.input.width;
    for (std::int64_t layer = 1; layer <= options_.layers; ++layer) {
      const auto lstm = torch::nn::LSTMOptions(width, options_.hidden)
                            .batch_first(true)
                            .bidirectional(options_.bidirectional);
      lstm_.push_back(register_module(fmt::format("lstm{}", layer), torch::nn::LSTM(lstm)));
      width = options_.hidden * (options_.bidirectional ? 2 : 1);
    }
    head_ = register_module("head", torch::nn::Linear(width, options_.classes));
  }

  torch::Tensor features(const torch::Tensor& images) override { return after(images, 2); }
  std::vector<std::string> stages() const override { return {"states", "last", "logits"}; }
  Architecture architecture() const override { return options_; }
  bool is_built_of_relus() const override { return false; }  // of gates

  LogitsFunction folded() override {
    const auto copy = copy_of(*this);
    copy->to(head_->weight.device());
    for (torch::Tensor& parameter : copy->parameters()) parameter.set_requires_grad(false);
    return [copy](const torch::Tensor& images) { return copy->forward(images); };
  }

  std::int64_t flops() const override {
    std::int64_t total = head_->weight.numel();
    for (const auto& lstm : lstm_)
      for (const auto& item : lstm->named_parameters())
        if (item.value().dim() == 2) total += item.value().numel() * options_.input.height;
    return 2 * total;
  }

 protected:
  torch::Tensor pass(const torch::Tensor& images, const StageEnd& ends) override {
    // Rows as steps: [N, C, H, W] -> [N, H, C * W].
    torch::Tensor x = normalised(images).permute({0, 2, 1, 3}).flatten(2);
    // A size read here would be frozen into the trace, so the initial state [directions, N, hidden] grows out
    // of the input.
    const torch::Tensor zero =
        torch::zeros_like(x.select(1, 0).narrow(1, 0, 1)).t().unsqueeze(2);  // [1, N, 1]
    const torch::Tensor initial =
        zero.expand({options_.bidirectional ? 2 : 1, -1, options_.hidden}).contiguous();
    for (std::size_t layer = 0; layer < lstm_.size(); ++layer) {
      if (layer > 0) x = drop(x, options_.dropout);
      x = compat::lstm_states(*lstm_[layer], x, initial);
    }
    if (ends(x)) return x;
    torch::Tensor final_state = x.select(1, -1);
    if (options_.bidirectional)
      final_state = torch::cat({final_state.narrow(1, 0, options_.hidden),
                                x.select(1, 0).narrow(1, options_.hidden, options_.hidden)},
                               1);
    if (ends(final_state)) return final_state;
    return head_->forward(drop(final_state, options_.dropout));
  }

 private:
  BiLstmOptions options_;
  /// One per layer, so that dropout between layers draws from our generator.
  std::vector<torch::nn::LSTM> lstm_;
  torch::nn::Linear head_{nullptr};
};

}  // namespace

void BiLstmOptions::validate() const {
  require_between("the number of hidden units", hidden, 1, kLargestWidth);
  require_between("the number of layers", layers, 1, 16);
}

std::int64_t BiLstmOptions::parameter_count() const {
  const std::int64_t directions = bidirectional ? 2 : 1;
  std::int64_t total = 0, width = input.channels * input.width;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    total += directions * 4 * hidden * (width + hidden + 2);
    width = directions * hidden;
  }
  return total + (width + 1) * classes;
}

std::shared_ptr<ImageModel> BiLstmOptions::make() const { return std::make_shared<BiLstm>(*this); }

}  // namespace fathom::models
