#include "fathom/gan/scores/scores.hpp"

#include <cmath>

#include <fmt/format.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/gan/scores/distances.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::gan {

namespace {

void require_judge_of(const checkpoint::Classifier& classifier, const torch::Tensor& images) {
  const models::InputShape& input = classifier.input();
  if (!classifier.network())
    throw InvalidArgument("the classifier has no native network, which is needed for its features");
  if (images.sizes().slice(1) != at::IntArrayRef({input.channels, input.height, input.width}))
    throw InvalidArgument(fmt::format("the classifier takes pictures of {}x{}x{}, not of {}", input.channels,
                                      input.height, input.width, fmt::join(images.sizes().slice(1), "x")));
}

torch::Tensor features_of_pixels(const checkpoint::Classifier& classifier, const torch::Tensor& pixels) {
  return classifier.network()->features(pixels.to(classifier.device())).cpu();
}

constexpr std::int64_t kPicturesAtOnce = 500;

}  // namespace

torch::Tensor features_of(const checkpoint::Classifier& classifier, const torch::Tensor& images) {
  require_judge_of(classifier, images);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> features;
  for (const torch::Tensor& batch : images.split(kPicturesAtOnce))
    features.push_back(features_of_pixels(classifier, data::to_unit_range(batch)));
  return torch::cat(features);
}

Judged judge(const checkpoint::Classifier& classifier, const torch::Tensor& images,
             ProgressCallback progress) {
  require_judge_of(classifier, images);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> features, logits;
  std::int64_t done = 0;
  for (const torch::Tensor& batch : images.split(kPicturesAtOnce)) {
    const torch::Tensor pixels = data::to_unit_range(batch);
    features.push_back(features_of_pixels(classifier, pixels));
    logits.push_back(classifier.logits(pixels));
    if (progress) progress(done += batch.size(0), images.size(0));
  }
  return {torch::cat(features), torch::cat(logits)};
}

ClassScores class_scores(const torch::Tensor& logits, const torch::Tensor& asked) {
  ClassScores scores;
  const auto n = static_cast<double>(logits.size(0));
  const auto [probability, named] = torch::softmax(logits, 1).max(1);
  const torch::Tensor counts = torch::bincount(named, {}, logits.size(1));
  scores.histogram.assign(counts.data_ptr<std::int64_t>(), counts.data_ptr<std::int64_t>() + counts.numel());
  for (const std::int64_t count : scores.histogram) {
    const double p = static_cast<double>(count) / n;
    if (p > 0) scores.kl += p * std::log(p * static_cast<double>(logits.size(1)));
  }
  scores.named_share = (probability >= 0.9).to(torch::kDouble).mean().item<double>();
  if (asked.defined()) {
    const std::int64_t right = (named == asked).sum().item<std::int64_t>();
    scores.accuracy = static_cast<double>(right) / n;
    scores.accuracy_ci95 = wilson95(right, logits.size(0));
  }
  return scores;
}

GanScores score(const Judged& reference, const Judged& held_out, const Judged& generated,
                const torch::Tensor& asked) {
  for (const Judged* set : {&reference, &held_out, &generated})
    if (set->features.size(0) < kFewestToScore)
      throw InvalidArgument(fmt::format("scores need at least {} pictures of each kind, not {}",
                                        kFewestToScore, set->features.size(0)));
  const FrechetReference frechet(reference.features);
  const KernelReference kernel(reference.features);
  const NeighbourReference neighbours(reference.features);
  return {.samples = generated.features.size(0),
          .reference = reference.features.size(0),
          .held_out = held_out.features.size(0),
          .frechet = frechet.distance(generated.features),
          .frechet_floor = frechet.distance(held_out.features),
          .kernel = kernel.distance(generated.features),
          .kernel_floor = kernel.distance(held_out.features),
          .neighbours = neighbours.scores(generated.features),
          .neighbours_floor = neighbours.scores(held_out.features),
          .classes = class_scores(generated.logits, asked),
          .classes_floor = class_scores(held_out.logits)};
}

}  // namespace fathom::gan
