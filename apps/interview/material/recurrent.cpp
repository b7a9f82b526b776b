#include "interview/material/recurrent.hpp"

namespace fathom::interview {

Recurrent::Recurrent(const torch::Tensor& recurrent, std::int64_t inputs, std::int64_t classes,
                     torch::Generator random) {
  const std::int64_t units = recurrent.size(0);
  rnn_ = register_module("rnn", torch::nn::RNN(torch::nn::RNNOptions(inputs, units).batch_first(true)));
  head_ = register_module("head", torch::nn::Linear(units, classes));
  const torch::NoGradGuard no_grad;
  for (const auto& item : named_parameters())
    item.value().dim() == 2 ? item.value().normal_(0, 0.3, random) : item.value().zero_();
  weight().copy_(recurrent);
}

torch::Tensor Recurrent::weight() { return rnn_->named_parameters()["weight_hh_l0"]; }

}  // namespace fathom::interview
