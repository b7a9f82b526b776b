/// Passes through a network with dropout, each under masks of its own, and their average.
#pragma once

#include "interview/material/training.hpp"

namespace fathom::interview {

/// double [N, classes], so that sums over many passes stay exact; without gradients. Leaves the network in
/// evaluation mode.
torch::Tensor evaluation_logits(models::ImageModel& net, const torch::Tensor& inputs);
torch::Tensor masked_logits(models::ImageModel& net, const torch::Tensor& inputs);

/// A running average of masked passes, compared with the output of evaluation mode.
class MaskedPasses {
 public:
  explicit MaskedPasses(const torch::Tensor& evaluation_logits);

  void add(const torch::Tensor& masked_logits);
  /// Monte Carlo dropout: what all passes say together, double [N, classes].
  torch::Tensor probabilities() const { return probabilities_ / static_cast<double>(count_); }
  /// The mean of the masked logits minus those of evaluation mode, and the standard error of that mean:
  /// double [N, classes].
  torch::Tensor gap() const { return sum_ / static_cast<double>(count_); }
  torch::Tensor standard_error() const;
  /// The size of the output of evaluation mode, as the scale for rounding errors.
  double largest_logit() const { return evaluation_.abs().max().item<double>(); }

 private:
  torch::Tensor evaluation_, probabilities_, sum_, squares_;  // double [N, classes]
  std::int64_t count_ = 0;
};

/// The average of `count` passes.
MaskedPasses masked_passes(models::ImageModel& net, const torch::Tensor& inputs, std::int64_t count);

}  // namespace fathom::interview
