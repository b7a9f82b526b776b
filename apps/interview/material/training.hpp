/// What many of the experiments do: train a network on samples in memory and ask how often it is right.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <functional>
#include <memory>
#include <string>
#include <utility>
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
  Samples first(std::int64_t n) const { return part(0, n); }
  Samples part(std::int64_t begin, std::int64_t count) const {
    return {inputs.narrow(0, begin, count), labels.narrow(0, begin, count)};
  }
  /// Those at `indices`, int64 [M].
  Samples at(const torch::Tensor& indices) const {
    return {inputs.index_select(0, indices), labels.index_select(0, indices)};
  }
};

/// What is learned from, what settings such as the learning rate are chosen by, and what the outcome is
/// measured on; no sample is in two of them.
struct Parts {
  Samples training, validation, test;
};

/// The pictures of a set as floats in [0, 1], `count` of them drawn without replacement.
Samples drawn_samples(const data::ImageSet& set, std::int64_t count, torch::Generator random);

/// `count` of the samples, drawn with replacement.
Samples random_batch(const Samples& samples, std::int64_t count, torch::Generator random);

/// A network of the library.
using Model = std::shared_ptr<models::ImageModel>;

optim::OptimizerOptions with_adam(double rate);
optim::OptimizerOptions with_plain_sgd(double rate);  ///< without momentum

/// Whether a parameter of a network of the library belongs to its last layer, by its name in
/// named_parameters().
bool is_of_head(const std::string& name);
/// Those that are so named stay as they are in training.
void freeze(torch::nn::Module& module, const std::function<bool(const std::string& name)>& which);

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

/// The order of the samples in a pass, for training that is not by `fit`.
enum class Order { as_drawn, sorted_by_label, shuffled_once, shuffled_each_pass };

/// The samples' indices in the order of the next pass, given that of the pass before (undefined before the
/// first).
torch::Tensor next_order(Order order, const torch::Tensor& last, const torch::Tensor& labels,
                         torch::Generator random);

/// Share of a mask that is true.
double share(const torch::Tensor& mask);

/// Share of the samples whose largest logit is their label's; without gradients, in evaluation mode.
double accuracy(models::ImageModel& model, const Samples& samples);
double accuracy(const Network& network, const Samples& samples);

/// A network that has learned, and how often it is right about samples that it has not seen.
struct Learned {
  Model net;
  double accuracy = 0;
};

/// How often a network is right about the samples that settings are chosen by, and about others.
struct Scores {
  double validation = 0, test = 0;

  Scores& operator+=(const Scores& other) {
    validation += other.validation;
    test += other.test;
    return *this;
  }
};

/// What `make` gives at that value of a grid, which all arms share, where it has the largest `score`; the
/// first of several.
///
///   best_of({1e-3, 1e-2}, [&](double rate) { ... return Learned{net, accuracy(*net, validation)}; },
///           &Learned::accuracy)
template <typename Make, typename Score = std::identity>
auto best_of(const std::vector<double>& grid, const Make& make, const Score& score = {}) {
  auto best = make(grid.front());
  for (std::size_t i = 1; i < grid.size(); ++i)
    if (auto now = make(grid[i]); std::invoke(score, now) > std::invoke(score, best)) best = std::move(now);
  return best;
}

/// The network of those that `make` gives at each of the rates that is most often right about the validation
/// samples, and how often it is right about the test samples.
Learned best_on_validation(const std::vector<double>& rates, const std::function<Model(double rate)>& make,
                           const Parts& parts);

}  // namespace fathom::interview
