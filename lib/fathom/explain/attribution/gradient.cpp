#include "fathom/explain/attribution/gradient.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {

ScoreGradient score_gradient(const ScoreFunction& score, const torch::Tensor& images) {
  const torch::AutoGradMode with_gradients(true);
  const torch::Tensor x = images.detach().clone().set_requires_grad(true);
  const torch::Tensor scores = score(x);
  if (scores.dim() != 1 || scores.size(0) != images.size(0))
    throw InvalidArgument(fmt::format("the scores of {} images must be [{}], not [{}]", images.size(0),
                                      images.size(0), fmt::join(scores.sizes(), ", ")));
  if (!scores.requires_grad())
    throw InvalidArgument(
        "the score cannot be differentiated with respect to the image; build it from "
        "Classifier::differentiable_logits");
  // Images do not see each other, so the gradient of the sum holds each one's own.
  torch::Tensor gradient = torch::autograd::grad({scores.sum()}, {x}, /*grad_outputs=*/{},
                                                 /*retain_graph=*/false, /*create_graph=*/false,
                                                 /*allow_unused=*/true)[0];
  if (!gradient.defined()) gradient = torch::zeros_like(x);  // what it depends on is not the image
  return {scores.detach().to(torch::kCPU, torch::kFloat),
          gradient.detach().to(torch::kCPU, torch::kFloat).contiguous()};
}

torch::Tensor weighted_gradient(const ScoreFunction& score, const torch::Tensor& images,
                                const torch::Tensor& weights, std::int64_t batch) {
  if (batch < 1) throw InvalidArgument(fmt::format("the batch must be at least 1, not {}", batch));
  torch::Tensor sum = torch::zeros(images.sizes().slice(1), torch::kDouble);
  for (std::int64_t begin = 0; begin < images.size(0); begin += batch) {
    const std::int64_t rows = std::min(batch, images.size(0) - begin);
    const ScoreGradient part = score_gradient(score, images.narrow(0, begin, rows));
    const torch::Tensor share = weights.narrow(0, begin, rows).view({rows, 1, 1, 1});
    sum += (part.gradient.to(torch::kDouble) * share).sum(0);
  }
  return sum;
}

}  // namespace fathom::explain
