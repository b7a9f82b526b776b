#include "fathom/checkpoint/foreign/output_scale.hpp"

#include <limits>

#include <fmt/format.h>

namespace fathom::checkpoint {
namespace {

/// What float32 leaves of a probability, with a margin for networks that compute in 16 bits.
constexpr double kTolerance = 2e-3;

/// What two decimals leave of a sum of probabilities.
constexpr double kSumTolerance = 0.02;

/// A sigmoid is closer to 0 or 1 than this for at least one of the extreme pictures.
constexpr double kSaturated = 1e-3;

/// So many numbers are not sorted by chance for every picture.
constexpr std::int64_t kFewestSorted = 4;

/// Half a step of float32 below 1: what a sigmoid that was rounded to 1 may have been.
constexpr double kLargestProbability = 1 - 0x1p-25;

bool holds(const torch::Tensor& condition) { return condition.all().item<bool>(); }

bool sum_to_one(const torch::Tensor& rows) { return holds((rows.sum(1) - 1).abs() <= kSumTolerance); }

bool are_sorted(const torch::Tensor& rows) {
  return rows.size(1) >= kFewestSorted && holds(rows.slice(1, 1) <= rows.slice(1, 0, -1));
}

/// Rows of percentages sum to 100, and everything that is allowed to be off by e is off by 100 e.
double whole(OutputScale scale) { return scale == OutputScale::percentages ? 100 : 1; }

bool are_logarithms(OutputScale scale) {
  return scale == OutputScale::log_probabilities || scale == OutputScale::log_sigmoids;
}

/// Whether the numbers of a row share one probability.
bool are_shares(OutputScale scale) {
  return scale == OutputScale::probabilities || scale == OutputScale::percentages ||
         scale == OutputScale::log_probabilities;
}

bool are_of(const torch::Tensor& rows, OutputScale scale) {
  switch (scale) {
    case OutputScale::probabilities:
    case OutputScale::percentages:
      return rows.size(1) > 1 && holds(rows >= 0) && sum_to_one(rows / whole(scale));
    case OutputScale::log_probabilities:
      return rows.size(1) > 1 && holds(rows <= kTolerance) && sum_to_one(rows.exp());
    case OutputScale::sigmoids:
      return holds(rows >= 0) && holds(rows <= 1);
    case OutputScale::log_sigmoids:
      return holds(rows <= 0);
    case OutputScale::logits:
      break;
  }
  return true;
}

/// The candidate that outputs for usual pictures suggest.
OutputScale suggested(const torch::Tensor& usual) {
  for (const OutputScale scale : {OutputScale::probabilities, OutputScale::log_probabilities,
                                  OutputScale::percentages, OutputScale::sigmoids})
    if (are_of(usual, scale)) return scale;
  return holds(usual <= 0) ? OutputScale::log_sigmoids : OutputScale::logits;
}

bool are_the_same(const torch::Tensor& rows) { return holds(rows == rows.slice(0, 0, 1)); }

bool are_within_one(const torch::Tensor& rows) { return holds(rows.abs() <= 1 + kTolerance); }

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

/// log(p / (1 - p)) of log p.
torch::Tensor logit_of_logarithm(const torch::Tensor& log_p) {
  const torch::Tensor inside = log_p.clamp_max(-std::numeric_limits<float>::min());
  return inside - (-torch::expm1(inside)).log();
}

torch::Tensor in_double(const torch::Tensor& rows) { return rows.detach().to(torch::kCPU, torch::kDouble); }

bool is_any(const torch::Tensor& condition) { return condition.any().item<bool>(); }

bool come_close_to_bounds(const torch::Tensor& rows) {
  return is_any(rows <= kSaturated) || is_any(rows >= 1 - kSaturated);
}

bool reach_bounds(const torch::Tensor& rows) { return is_any(rows == 0) || is_any(rows == 1); }

/// Sigmoids whose extremes leave the range were none; nor were outputs that never change.
bool confirms(const torch::Tensor& usual, const torch::Tensor& far, OutputScale scale, OutputEnding ending) {
  if (!are_of(far, scale)) return false;
  if (are_shares(scale)) return true;
  if (are_the_same(torch::cat({usual, far}))) return false;
  if (scale == OutputScale::log_sigmoids) return ending == OutputEnding::log_sigmoid;
  if (ending == OutputEnding::sigmoid || ending == OutputEnding::clamp)
    return ending == OutputEnding::sigmoid;
  return far.size(0) > 0 && come_close_to_bounds(far) && !reach_bounds(usual);
}

std::string range_text(const torch::Tensor& numbers) {
  return fmt::format("are in [{:.4g}, {:.4g}]", numbers.min().item<double>(), numbers.max().item<double>());
}

std::string oddity_between_0_and_1(const torch::Tensor& usual, const torch::Tensor& far) {
  constexpr const char* kLogits = "they are taken as logits, so probabilities are nearly equal";
  constexpr const char* kSigmoids = "if each is a probability, set the output scale to sigmoids";
  if (reach_bounds(usual) || reach_bounds(far))
    return fmt::format(
        "the model's scores are in [0, 1] for every picture that was tried, and some are exactly 0 or 1, as "
        "scores that are clamped or scaled to this range are: {}; export it without that step; {}",
        kLogits, kSigmoids);
  return fmt::format(
      "the model's scores {} for every picture that was tried{}: {} (if they are cosine similarities that "
      "training multiplied by a factor, multiply them by it "
      "in the exported model); {}",
      range_text(torch::cat({usual, far})),
      far.size(0) > 0 ? ", also for extreme ones, for which sigmoids are 0 or 1" : "", kLogits, kSigmoids);
}

}  // namespace

bool are_surely_logits(const torch::Tensor& usual) {
  if (!can_be_read(usual)) return true;
  const torch::Tensor rows = in_double(usual);
  return suggested(rows) == OutputScale::logits && !are_within_one(rows) && !are_the_same(rows) &&
         !are_sorted(rows);
}

OutputScale output_scale(const torch::Tensor& usual, const torch::Tensor& extreme, OutputEnding ending) {
  if (are_surely_logits(usual)) return OutputScale::logits;
  const torch::Tensor rows = in_double(usual);
  const OutputScale scale = suggested(rows);
  return confirms(rows, without_nan(in_double(extreme)), scale, ending) ? scale : OutputScale::logits;
}

std::string oddity(const torch::Tensor& usual, const torch::Tensor& extreme, OutputScale scale) {
  if (are_surely_logits(usual)) return {};
  const torch::Tensor far = without_nan(in_double(extreme)), rows = torch::cat({in_double(usual), far});
  if (!holds(rows.isfinite())) return {};
  const bool between = scale == OutputScale::logits && are_of(rows, OutputScale::sigmoids);
  if (far.size(0) == 0) return between ? oddity_between_0_and_1(rows, far) : "";
  if (are_the_same(rows))
    return fmt::format(
        "the model gives the same scores for every picture that was tried, so its predictions and their "
        "explanations mean nothing{}",
        holds(rows == 1) ? " (a softmax over a single number is always 1)" : "");
  if (are_sorted(rows))
    return "the model's scores are in descending order for every picture that was tried, as those of topk "
           "and "
           "sort are: then they do not belong to the classes; export it without that step";
  if (rows.size(1) > 1 && holds((rows == 0).logical_or(rows == 1)))
    return "the model's scores are 0 or 1 for every picture that was tried: they seem to name the class "
           "(one-hot) instead of scoring the classes, so a map may be zero or flat; export it without that "
           "step";
  if (scale != OutputScale::logits) return {};
  if (between) return oddity_between_0_and_1(in_double(usual), far);
  if (are_within_one(rows))
    return "the model's scores are in [-1, 1] for every picture that was tried, as cosine similarities and "
           "values of tanh are: they are taken as logits, so probabilities are nearly equal; if training "
           "multiplied them by a factor (a scale, 1 / temperature), multiply them by it in the exported "
           "model";
  if (holds(rows <= 0))
    return "the model's scores are at most 0 for every picture that was tried: they are taken as logits; if "
           "each is the logarithm of a probability, set the output scale to log-sigmoids";
  return {};
}

OutputScale scale_of_one_output(OutputScale scale) {
  if (scale == OutputScale::probabilities) return OutputScale::sigmoids;
  return scale == OutputScale::log_probabilities ? OutputScale::log_sigmoids : scale;
}

std::string why_out_of_range(const torch::Tensor& outputs, OutputScale scale) {
  if (scale == OutputScale::logits || outputs.numel() == 0) return {};
  const torch::Tensor numbers = outputs.detach();
  const double slack = kTolerance * whole(scale);
  const double highest = are_logarithms(scale) ? 0 : whole(scale);
  torch::Tensor outside = numbers > highest + slack;
  if (!are_logarithms(scale)) outside = outside.logical_or(numbers < -slack);
  return outside.any().item<bool>() ? range_text(numbers) : "";
}

std::string why_not_in(const torch::Tensor& outputs, OutputScale scale) {
  const torch::Tensor rows = in_double(outputs);
  const std::string outside = why_out_of_range(rows, scale);
  if (!outside.empty() || !are_shares(scale)) return outside;
  const torch::Tensor sums = (are_logarithms(scale) ? rows.exp() : rows / whole(scale)).sum(1);
  if (!((sums - 1).abs() > kSumTolerance).any().item<bool>()) return {};
  return fmt::format("{} to {:.4g} per picture, not to {:g}",
                     are_logarithms(scale) ? "have exponentials that sum" : "sum",
                     sums[0].item<double>() * whole(scale), whole(scale));
}

bool is_softmax_over_batch(const torch::Tensor& single, const torch::Tensor& batch) {
  if (!can_be_read(single) || !can_be_read(batch) || batch.size(0) < 2) return false;
  const torch::Tensor one = in_double(single), all = in_double(batch).t();  // [outputs, N]
  const auto over_batch = [](const torch::Tensor& p_one, const torch::Tensor& p_all) {
    return holds((p_one - 1).abs() <= kTolerance) && holds(p_all >= 0) && sum_to_one(p_all);
  };
  return over_batch(one, all) || over_batch(one.exp(), all.exp());
}

torch::Tensor to_logits(const torch::Tensor& outputs, OutputScale scale) {
  torch::Tensor logits = outputs;
  if (are_shares(scale) && !are_logarithms(scale))
    logits = log_of_softmax(outputs.to(torch::kDouble) / whole(scale)).to(torch::kFloat);
  else if (scale == OutputScale::sigmoids)
    logits = logit_of(outputs.to(torch::kDouble)).to(torch::kFloat);
  else if (scale == OutputScale::log_sigmoids)
    logits = logit_of_logarithm(outputs.to(torch::kDouble)).to(torch::kFloat);
  return logits.size(1) == 1 ? torch::cat({torch::zeros_like(logits), logits}, 1) : logits;
}

torch::Tensor are_bounds(const torch::Tensor& logits, OutputScale scale) {
  if (scale == OutputScale::logits) return torch::zeros_like(logits, torch::kBool);
  constexpr double kLowest = -std::numeric_limits<double>::infinity();
  const torch::Tensor limits =
      to_logits(are_logarithms(scale) ? torch::tensor({{kLowest, 0.0}}, torch::kDouble)
                                      : torch::tensor({{0.0, whole(scale)}}, torch::kDouble),
                scale)
          .to(logits.scalar_type());
  return (logits <= limits[0][0].item<double>()).logical_or(logits >= limits[0][1].item<double>());
}

}  // namespace fathom::checkpoint
