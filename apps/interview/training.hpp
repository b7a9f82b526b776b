/// What many of the experiments do: train a network on samples in memory and ask how often it is right.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <functional>
#include <vector>

#include "fathom/data/image_set.hpp"
#include "fathom/optim/optimizer.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::interview {

struct Samples {
  torch::Tensor inputs;  ///< float [N, ...]; images [N, C, H, W] in [0, 1]
  torch::Tensor labels;  ///< int64 [N]

  std::int64_t size() const { return inputs.size(0); }
  Samples first(std::int64_t n) const { return {inputs.narrow(0, 0, n), labels.narrow(0, 0, n)}; }
};

/// The pictures of a set as floats in [0, 1], `count` of them drawn without replacement.
Samples drawn_samples(const data::ImageSet& set, std::int64_t count, torch::Generator random);

struct FitOptions {
  std::int64_t steps = 500;
  std::int64_t batch_size = 64;  ///< all samples where it exceeds their number
  optim::OptimizerOptions optimizer;
  bool annealed = false;  ///< the learning rate falls in a straight line, to nothing after the last step
};

/// Samples in, logits [N, classes] out.
using Network = std::function<torch::Tensor(const torch::Tensor& inputs)>;
/// Called after every step with its loss; false ends the training.
using AfterStep = std::function<bool(std::int64_t step, double loss)>;

/// Trains the parameters of `module`, by cross-entropy of what `network` says, on batches in an order drawn
/// from `order`, pass after pass. Returns the last loss; where it is no number, training ends there.
double fit(torch::nn::Module& module, const Network& network, const Samples& samples,
           const FitOptions& options, torch::Generator order, const AfterStep& after = {});
/// The same of a network of the library.
double fit(models::ImageModel& model, const Samples& samples, const FitOptions& options,
           torch::Generator order, const AfterStep& after = {});

/// Share of the samples whose largest logit is their label's; without gradients, in evaluation mode.
double accuracy(models::ImageModel& model, const Samples& samples);
double accuracy(const Network& network, const Samples& samples);

/// What `measure` gives at the value where it is largest, of a grid that all arms share.
struct Best {
  double value = 0, score = 0;
};
Best best_of(const std::vector<double>& grid, const std::function<double(double value)>& measure);

}  // namespace fathom::interview
