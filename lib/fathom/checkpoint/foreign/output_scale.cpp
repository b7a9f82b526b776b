#include "fathom/checkpoint/foreign/output_scale.hpp"

#include <limits>

namespace fathom::checkpoint {
namespace {

/// What float32 leaves of a sum of many probabilities, with a margin for networks that compute in 16 bits.
constexpr double kSumTolerance = 2e-3;

/// Half a step of float32 below 1: what a sigmoid that was rounded to 1 may have been.
constexpr double kLargestProbability = 1 - 0x1p-25;

bool holds(const torch::Tensor& condition) { return condition.all().item<bool>(); }

bool sum_to_one(const torch::Tensor& rows) { return holds((rows.sum(1) - 1).abs() <= kSumTolerance); }

bool are_of(const torch::Tensor& rows, OutputScale scale) {
  switch (scale) {
    case OutputScale::probabilities:
      return rows.size(1) > 1 && holds(rows >= 0) && sum_to_one(rows);
    case OutputScale::log_probabilities:
      return rows.size(1) > 1 && holds(rows <= kSumTolerance) && sum_to_one(rows.exp());
    case OutputScale::sigmoids:
      return holds(rows >= 0) && holds(rows <= 1);
    case OutputScale::logits:
      break;
  }
  return true;
}

/// The candidate that outputs for usual pictures suggest.
OutputScale suggested(const torch::Tensor& usual) {
  for (const OutputScale scale : {OutputScale::probabilities, OutputScale::log_probabilities})
    if (are_of(usual, scale)) return scale;
  return are_of(usual, OutputScale::sigmoids) ? OutputScale::sigmoids : OutputScale::logits;
}

bool can_be_read(const torch::Tensor& outputs) {
  return outputs.dim() == 2 && outputs.numel() > 0 && outputs.is_floating_point() &&
         !holds(outputs.isnan()) && !outputs.isnan().any().item<bool>();
}

torch::Tensor without_nan(const torch::Tensor& rows) {
  return rows.index_select(0, rows.isnan().any(1).logical_not().nonzero().flatten());
}

/// log p of the rows of a softmax. The logarithm of a probability near 1 comes from all others, which float32
/// holds more exactly.
torch::Tensor log_of_softmax(const torch::Tensor& p) {
  const torch::Tensor others = p.sum(1, /*keepdim=*/true) - p;
  return torch::where(p > 0.5, torch::log1p(-others.clamp(0, 0.75)),
                      p.clamp_min(std::numeric_limits<float>::min()).log());
}

torch::Tensor logit_of(const torch::Tensor& p) {
  const torch::Tensor inside = p.clamp(std::numeric_limits<float>::min(), kLargestProbability);
  return inside.log() - torch::log1p(-inside);
}

}  // namespace

bool are_surely_logits(const torch::Tensor& usual) {
  return !can_be_read(usual) ||
         suggested(usual.detach().to(torch::kCPU, torch::kDouble)) == OutputScale::logits;
}

OutputScale output_scale(const torch::Tensor& usual, const torch::Tensor& extreme) {
  if (are_surely_logits(usual)) return OutputScale::logits;
  const torch::Tensor rows = usual.detach().to(torch::kCPU, torch::kDouble);
  const OutputScale scale = suggested(rows);
  const torch::Tensor far = without_nan(extreme.detach().to(torch::kCPU, torch::kDouble));
  if (!are_of(far, scale)) return OutputScale::logits;
  if (scale != OutputScale::sigmoids) return scale;
  const torch::Tensor together = torch::cat({rows, far});
  const bool vary = !holds(together == together.slice(0, 0, 1));
  return far.size(0) > 0 && vary ? scale : OutputScale::logits;
}

torch::Tensor to_logits(const torch::Tensor& outputs, OutputScale scale) {
  torch::Tensor logits = outputs;
  if (scale == OutputScale::probabilities)
    logits = log_of_softmax(outputs.to(torch::kDouble)).to(torch::kFloat);
  else if (scale == OutputScale::sigmoids)
    logits = logit_of(outputs.to(torch::kDouble)).to(torch::kFloat);
  return logits.size(1) == 1 ? torch::cat({torch::zeros_like(logits), logits}, 1) : logits;
}

}  // namespace fathom::checkpoint
