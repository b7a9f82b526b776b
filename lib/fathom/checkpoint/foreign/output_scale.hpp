/// What the numbers of a classifier's output mean, and how they become logits.
///
///   const OutputScale scale = output_scale(outputs, extreme_outputs);
///   const torch::Tensor logits = to_logits(outputs, scale);
#pragma once

#include <torch/types.h>

namespace fathom::checkpoint {

enum class OutputScale {
  logits,
  probabilities,      ///< softmax: rows >= 0 that sum to 1
  log_probabilities,  ///< log-softmax: the exponentials of a row sum to 1
  sigmoids,           ///< each number is a probability of its own
};

/// Reads the scale from outputs [N, outputs], N > 1, of any type. `usual` belongs to pictures in [0, 1],
/// `extreme` to pictures far outside this range, in both directions. Logits that lie in (0, 1) by chance for
/// usual pictures leave it for extreme ones, and probabilities do not. Rows of `extreme` that contain NaN are
/// ignored. Sigmoids are recognised only if `extreme` has other rows and the outputs depend on the picture.
OutputScale output_scale(const torch::Tensor& usual, const torch::Tensor& extreme);

/// Whether `usual` alone already excludes everything but logits.
bool are_surely_logits(const torch::Tensor& usual);

/// float [N, outputs] in `scale` -> logits [N, classes], differentiable: log p for softmax (and log-softmax),
/// log(p / (1 - p)) for sigmoids. All of them are finite, also where a probability has been rounded to 0 or
/// 1. One output is the logit of class 1 in two classes whose logits are (0, z).
torch::Tensor to_logits(const torch::Tensor& outputs, OutputScale scale);

}  // namespace fathom::checkpoint
