#include "fathom/train/metrics.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/stopwatch.hpp"

namespace fathom::train {
namespace {

constexpr std::int64_t kCalibrationBins = 15;

void require_logits(const torch::Tensor& logits, const torch::Tensor& labels) {
  if (logits.dim() != 2 || labels.dim() != 1 || logits.size(0) != labels.size(0) || labels.size(0) < 1 ||
      logits.size(1) < 1)
    throw InvalidArgument(
        fmt::format("logits [{}] and labels [{}] must be [N, classes] and [N] with N of at least 1",
                    fmt::join(logits.sizes(), ", "), fmt::join(labels.sizes(), ", ")));
  if (!logits.is_floating_point() || labels.scalar_type() != torch::kLong)
    throw InvalidArgument("logits must be floating-point numbers and labels int64");
  const auto low = labels.min().item<std::int64_t>(), high = labels.max().item<std::int64_t>();
  if (low < 0 || high >= logits.size(1))
    throw InvalidArgument(fmt::format("label {} is outside the {} classes of the logits",
                                      low < 0 ? low : high, logits.size(1)));
}

void require_probabilities(const torch::Tensor& probabilities) {
  const torch::Tensor bad = probabilities.isnan().nonzero();
  if (bad.size(0) > 0)
    throw InvalidArgument(
        fmt::format("the logits of image {} contain a NaN or an infinity", bad[0][0].item<std::int64_t>()));
}

std::vector<double> per_class_accuracy(const torch::Tensor& confusion) {
  const torch::Tensor accuracy =
      confusion.diagonal().to(torch::kDouble) / confusion.sum(1).to(torch::kDouble);
  const torch::Tensor values = accuracy.contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

/// Of bins (i/15, (i+1)/15].
torch::Tensor bin_of(const torch::Tensor& confidence) {
  return (confidence * kCalibrationBins).ceil().sub(1).clamp(0, kCalibrationBins - 1).to(torch::kLong);
}

std::vector<draw::ReliabilityBin> reliability_bins(const torch::Tensor& confidence,
                                                   const torch::Tensor& correct) {
  const torch::Tensor bin = bin_of(confidence), images = torch::bincount(bin, {}, kCalibrationBins),
                      confident = torch::bincount(bin, confidence, kCalibrationBins),
                      right = torch::bincount(bin, correct, kCalibrationBins);
  std::vector<draw::ReliabilityBin> bins;
  for (std::int64_t i = 0; i < kCalibrationBins; ++i) {
    const auto count = images[i].item<std::int64_t>();
    const double divisor = static_cast<double>(std::max<std::int64_t>(1, count));
    bins.push_back({count, confident[i].item<double>() / divisor, right[i].item<double>() / divisor});
  }
  return bins;
}

/// The mean distance of confidence and accuracy over the bins, weighted by the images in them.
double calibration_error(const torch::Tensor& confidence, const torch::Tensor& correct) {
  const torch::Tensor bin = bin_of(confidence);
  const torch::Tensor gap = torch::bincount(bin, confidence - correct, kCalibrationBins);
  return gap.abs().sum().item<double>() / static_cast<double>(confidence.size(0));
}

}  // namespace

Evaluation evaluate(const models::LogitsFunction& logits, const data::ImageSet& set, std::int64_t batch_size,
                    const ProgressCallback& progress) {
  require_at_least("the batch size", batch_size, 1);
  const torch::NoGradGuard no_grad;
  const Stopwatch watch;
  const std::int64_t images = set.size(), classes = std::ssize(set.classes);
  torch::Tensor all = torch::empty({images, classes});
  for (std::int64_t begin = 0; begin < images; begin += batch_size) {
    const std::int64_t count = std::min(batch_size, images - begin);
    const torch::Tensor some = logits(data::to_unit_range(set.images.narrow(0, begin, count)));
    if (some.dim() != 2 || some.size(0) != count || some.size(1) != classes)
      throw InvalidArgument(
          fmt::format("the model returns logits [{}] for {} images of '{}', which has {} classes",
                      fmt::join(some.sizes(), ", "), count, set.name, classes));
    all.narrow(0, begin, count).copy_(some);
    if (progress) progress(begin + count, images);
  }
  const double seconds = watch.seconds();
  Evaluation evaluation = evaluate_logits(all, set.labels);
  evaluation.seconds = seconds;
  return evaluation;
}

Evaluation evaluate_logits(const torch::Tensor& logits, const torch::Tensor& labels) {
  require_logits(logits, labels);
  const torch::NoGradGuard no_grad;
  const std::int64_t classes = logits.size(1);
  const torch::Tensor truth = labels.cpu();
  const torch::Tensor log_probabilities = logits.detach().cpu().to(torch::kDouble).log_softmax(1);  // [N, K]
  const auto [best, predictions] = log_probabilities.max(1);
  const torch::Tensor confidence = best.exp();
  require_probabilities(confidence);
  const torch::Tensor correct = predictions.eq(truth);
  const auto hits = correct.sum().item<std::int64_t>();

  Evaluation e;
  e.images = labels.size(0);
  e.accuracy = static_cast<double>(hits) / static_cast<double>(e.images);
  e.accuracy_ci95 = wilson95(hits, e.images);
  e.loss = -log_probabilities.gather(1, truth.unsqueeze(1)).mean().item<double>();
  e.confusion =
      torch::bincount(truth * classes + predictions, {}, classes * classes).view({classes, classes});
  e.per_class = per_class_accuracy(e.confusion);
  e.ece = calibration_error(confidence, correct.to(torch::kDouble));
  e.reliability = reliability_bins(confidence, correct.to(torch::kDouble));
  e.predictions = predictions;
  e.probabilities = confidence.to(torch::kFloat);
  return e;
}

}  // namespace fathom::train
