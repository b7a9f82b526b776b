/// What explanation methods are given: a function, so that they work with any model.
#pragma once

#include <torch/types.h>
#include <functional>

namespace fathom::explain {

/// A batch of images to one score each: float [N, C, H, W] in [0, 1] -> float [N]. Methods that follow
/// gradients (saliency, integrated gradients, ...) need it differentiable with respect to the images:
/// `Classifier::differentiable_logits` rather than `Classifier::logits`.
using ScoreFunction = std::function<torch::Tensor(const torch::Tensor&)>;

/// A batch of images to several scores each, such as one per class: float [N, C, H, W] -> float [N, K].
using ScoresFunction = std::function<torch::Tensor(const torch::Tensor&)>;

}  // namespace fathom::explain
