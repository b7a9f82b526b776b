/// What many of the experiments do: train a network on examples in memory and ask how often it is right.
///
/// Not by train::Trainer: that trains image classifiers on 8-bit pictures in epochs, by a recipe, with a
/// split and a state to resume from. These experiments need less and other things: inputs of any kind, any
/// module, a number of steps, a look at every step, and a divergence that is a result and no error.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fathom/data/image_set.hpp"
#include "fathom/models/architecture.hpp"
#include "fathom/optim/optimizer.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::interview {

struct Examples {
  torch::Tensor inputs;  ///< float [N, ...]; images [N, C, H, W] in [0, 1]
  torch::Tensor labels;  ///< int64 [N]

  std::int64_t size() const { return inputs.size(0); }
  Examples first(std::int64_t n) const { return part(0, n); }
  Examples part(std::int64_t begin, std::int64_t count) const {
    return {inputs.narrow(0, begin, count), labels.narrow(0, begin, count)};
  }
  /// Those at `indices`, int64 [M].
  Examples at(const torch::Tensor& indices) const {
    return {inputs.index_select(0, indices), labels.index_select(0, indices)};
  }
};

/// What is learned from, what settings such as the learning rate are chosen by, and what the outcome is
/// measured on; no example is in two of them.
struct Parts {
  Examples training, validation, test;
};

/// The pictures of a set as floats in [0, 1], `count` of them drawn without replacement.
Examples drawn_examples(const data::ImageSet& set, std::int64_t count, torch::Generator random);

/// `count` of the examples, drawn with replacement.
Examples random_batch(const Examples& examples, std::int64_t count, torch::Generator random);

/// A network of the library.
using Model = std::shared_ptr<models::ImageModel>;

/// Of all values of the inputs: what a network subtracts, and what it divides by.
struct Normalisation {
  float mean = 0, deviation = 1;
};

Normalisation normalisation_of(const Examples& examples);

/// Dense layers with ReLUs, as they are: without dropout and batch norm.
models::MlpOptions plain_mlp(models::InputShape input, std::vector<std::int64_t> hidden);

/// A new network that normalises its inputs so.
Model built(const models::Architecture& architecture, const Normalisation& inputs, torch::Generator random);

optim::OptimizerOptions with_adam(double rate);
optim::OptimizerOptions with_plain_sgd(double rate);  ///< without momentum

/// Whether a parameter of a network of the library belongs to its last layer, by its name in
/// named_parameters().
bool is_of_head(const std::string& name);
/// Those that are so named stay as they are in training.
void freeze(torch::nn::Module& module, const std::function<bool(const std::string& name)>& which);

struct FitOptions {
  std::int64_t steps = 500;
  std::int64_t batch_size = 64;  ///< all examples if it exceeds their number
  optim::OptimizerOptions optimizer;
  bool annealed = false;  ///< the learning rate falls in a straight line, to nothing after the last step
};

/// Inputs in, logits [N, classes] out.
using Network = std::function<torch::Tensor(const torch::Tensor& inputs)>;
/// What the forward of a module gives, which must live as long.
template <typename Module>
Network forward_of(Module& module) {
  return [&module](const torch::Tensor& inputs) { return module.forward(inputs); };
}
/// Called after every step with its loss; false ends the training.
using AfterStep = std::function<bool(std::int64_t step, double loss)>;

/// Trains the parameters of `module`, by cross-entropy of what `network` says, on batches in an order drawn
/// from `order`, pass after pass. Returns the last loss; where it is no number, training ends there.
double fit(torch::nn::Module& module, const Network& network, const Examples& examples,
           const FitOptions& options, torch::Generator order, const AfterStep& after = {});
/// The same of a network of the library.
double fit(models::ImageModel& model, const Examples& examples, const FitOptions& options,
           torch::Generator order, const AfterStep& after = {});

/// The order of the examples in a pass, for training that is not by `fit`.
enum class Order { as_drawn, sorted_by_label, shuffled_once, shuffled_each_pass };

/// The examples' indices in the order of the next pass, given that of the pass before (undefined before the
/// first).
torch::Tensor next_order(Order order, const torch::Tensor& last, const torch::Tensor& labels,
                         torch::Generator random);

/// Share of a mask that is true.
double share(const torch::Tensor& mask);

/// Share of the examples whose largest logit is their label's; without gradients, in evaluation mode.
double accuracy(models::ImageModel& model, const Examples& examples);
double accuracy(const Network& network, const Examples& examples);

/// A network that has learned, and how often it is right about examples that it has not seen.
struct Learned {
  Model net;
  double accuracy = 0;
};

/// How often a network is right about the examples that settings are chosen by, and about others.
struct Scores {
  double validation = 0, test = 0;
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
/// examples, and how often it is right about the test examples.
Learned best_on_validation(const std::vector<double>& rates, const std::function<Model(double rate)>& make,
                           const Parts& parts);

/// The test accuracy at the rate with the largest validation accuracy, both as means over several training
/// sets: `learn` gives the Scores of one of them at one rate.
template <typename Set, typename Learn>
double best_mean(const std::vector<double>& rates, const std::vector<Set>& sets, const Learn& learn) {
  const auto with_rate = [&](double rate) {
    Scores sum;
    for (const Set& each : sets) {
      const Scores scores = learn(each, rate);
      sum.validation += scores.validation;
      sum.test += scores.test;
    }
    return sum;
  };
  return best_of(rates, with_rate, &Scores::validation).test / static_cast<double>(sets.size());
}

}  // namespace fathom::interview
