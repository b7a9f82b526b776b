#include "fathom/models/bilstm.hpp"

#include <fmt/format.h>

#include "fathom/core/compat.hpp"

namespace fathom::models {

BiLstmImpl::BiLstmImpl(BiLstmOptions options) : ImageModel(options.input), options_(options) {
  validate(options_);
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

std::vector<torch::Tensor> BiLstmImpl::activations(const torch::Tensor& images, std::size_t count) {
  // Rows as steps: [N, C, H, W] -> [N, H, C * W].
  torch::Tensor x = normalised(images).permute({0, 2, 1, 3}).flatten(2);
  // A size read here would be frozen into the trace, so the initial state [directions, N, hidden] grows out
  // of the input.
  const torch::Tensor zero = torch::zeros_like(x.select(1, 0).narrow(1, 0, 1)).t().unsqueeze(2);  // [1, N, 1]
  const torch::Tensor initial =
      zero.expand({options_.bidirectional ? 2 : 1, -1, options_.hidden}).contiguous();
  for (std::size_t layer = 0; layer < lstm_.size(); ++layer) {
    if (layer > 0) x = drop(x, options_.dropout);
    x = compat::lstm_states(*lstm_[layer], x, initial);
  }
  if (count <= 1) return {x};
  torch::Tensor final_state = x.select(1, -1);
  if (options_.bidirectional)
    final_state = torch::cat({final_state.narrow(1, 0, options_.hidden),
                              x.select(1, 0).narrow(1, options_.hidden, options_.hidden)},
                             1);
  if (count == 2) return {x, final_state};
  return {x, final_state, head_->forward(drop(final_state, options_.dropout))};
}

torch::Tensor BiLstmImpl::features(const torch::Tensor& images) { return activations(images, 2).back(); }

LogitsFunction BiLstmImpl::folded() {
  const auto copy = std::static_pointer_cast<BiLstmImpl>(copy_of(*this));
  copy->to(head_->weight.device());
  for (torch::Tensor& parameter : copy->parameters()) parameter.set_requires_grad(false);
  return [copy](const torch::Tensor& images) { return copy->forward(images); };
}

std::int64_t BiLstmImpl::flops() const {
  std::int64_t total = head_->weight.numel();
  for (const auto& lstm : lstm_)
    for (const auto& item : lstm->named_parameters())
      if (item.value().dim() == 2) total += item.value().numel() * options_.input.height;
  return 2 * total;
}

}  // namespace fathom::models
