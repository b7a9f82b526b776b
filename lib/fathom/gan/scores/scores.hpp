/// Scores of a GAN's pictures by a classifier of the same data set. No network has to be downloaded, and the
/// compared features are those that determine the classes.
///
///   const Judged reference = judge(classifier, training.images), held_out = judge(classifier, test.images);
///   const GanScores scores = score(reference, held_out, judge(classifier, samples));
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>
#include <vector>

#include "fathom/core/progress.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/gan/scores/neighbours.hpp"

namespace fathom::checkpoint {
class Classifier;
}

namespace fathom::gan {

/// A classifier's output for a set of pictures.
struct Judged {
  torch::Tensor features;  ///< float [N, F], penultimate features
  torch::Tensor logits;    ///< float [N, classes]
};

/// The features only, at half the cost of `judge`; same pictures and errors.
torch::Tensor features_of(const checkpoint::Classifier& classifier, const torch::Tensor& images);

/// Pictures uint8 [N, C, H, W]; progress in pictures. Throws InvalidArgument if the classifier has no native
/// network, whose features are needed, or takes pictures of another shape.
Judged judge(const checkpoint::Classifier& classifier, const torch::Tensor& images,
             ProgressCallback progress = {});

/// Scores from the predicted classes of a set of pictures.
struct ClassScores {
  std::vector<std::int64_t> histogram;  ///< pictures per predicted class
  double kl = 0;                   ///< divergence of the histogram from the uniform distribution, in nats
  double named_share = 0;          ///< share of pictures whose class has p >= 0.9
  std::optional<double> accuracy;  ///< share classified as requested, if classes were requested
  Interval accuracy_ci95;          ///< Wilson's
};

/// `asked` int64 [N], or undefined.
ClassScores class_scores(const torch::Tensor& logits, const torch::Tensor& asked = {});

/// Each score has a floor: the value that held-out real pictures reach against the same reference.
struct GanScores {
  std::int64_t samples = 0, reference = 0, held_out = 0;  ///< pictures
  double frechet = 0, frechet_floor = 0;
  double kernel = 0, kernel_floor = 0;
  NeighbourScores neighbours, neighbours_floor;
  ClassScores classes, classes_floor;
};

/// The fewest pictures of each kind that `score` takes.
inline constexpr std::int64_t kFewestToScore = 10;

/// Throws InvalidArgument if there are fewer than kFewestToScore pictures of any kind.
GanScores score(const Judged& reference, const Judged& held_out, const Judged& generated,
                const torch::Tensor& asked = {});

}  // namespace fathom::gan
