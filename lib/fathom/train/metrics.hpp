/// Measures a classifier on a data set.
#pragma once

#include <torch/types.h>
#include <vector>

#include "fathom/core/progress.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/data/image_set.hpp"
#include "fathom/draw/reliability.hpp"
#include "fathom/models/logits_function.hpp"

namespace fathom::train {

struct Evaluation {
  double accuracy = 0;
  Interval accuracy_ci95;         ///< Wilson's
  double loss = 0;                ///< mean cross-entropy in nats
  std::vector<double> per_class;  ///< accuracy on the images of each class; NaN for a class without images
  double ece = 0;                 ///< expected calibration error over 15 equal bins (Naeini 2015, Guo 2017)
  std::vector<draw::ReliabilityBin> reliability;  ///< the bins of `ece`, rising
  torch::Tensor confusion;                        ///< int64 [classes, classes]: rows true, columns predicted
  torch::Tensor predictions;                      ///< int64 [N]
  torch::Tensor probabilities;                    ///< float [N]: of the predicted class
  std::int64_t images = 0;
  double seconds = 0;
};

/// Runs `logits` over the whole set in batches. Progress counts images.
/// Throws InvalidArgument if the function and the set differ in the number of classes.
Evaluation evaluate(const models::LogitsFunction& logits, const data::ImageSet& set,
                    std::int64_t batch_size = 250, const ProgressCallback& progress = {});

/// The same metrics from logits float [N, K] and labels int64 [N].
Evaluation evaluate_logits(const torch::Tensor& logits, const torch::Tensor& labels);

}  // namespace fathom::train
