/// The simplest recurrent network, for the questions about its gradient.
#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/rnn.h>

namespace fathom::interview {

/// h_t = tanh(W h_{t-1} + U x_t + b), and logits from the last state.
class Recurrent : public torch::nn::Module {
 public:
  /// W is a copy of `recurrent`, float [units, units]; U and the head are drawn from N(0, 0.09).
  Recurrent(const torch::Tensor& recurrent, std::int64_t inputs, std::int64_t classes,
            torch::Generator random);

  torch::Tensor weight();  ///< W
  /// float [N, steps, inputs] -> [N, steps, units]
  torch::Tensor states(const torch::Tensor& x) { return std::get<0>(rnn_->forward(x)); }
  /// -> [N, classes]
  torch::Tensor forward(const torch::Tensor& x) { return head_(states(x).select(1, -1)); }

 private:
  torch::nn::RNN rnn_{nullptr};
  torch::nn::Linear head_{nullptr};
};

}  // namespace fathom::interview
