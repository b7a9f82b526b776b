/// Trains a network on examples in memory and measures its accuracy, as many of the experiments do.
///
/// `fit` is simpler than train::Trainer, which trains image classifiers on 8-bit pictures in epochs, holds
/// out a split, and keeps a state to resume from. The experiments need none of that. They train any module on
/// inputs of any shape for a number of steps, look at every step, and take a divergence for a result, not an
/// error.
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

/// `validation` decides on settings such as the learning rate; questions that need no validation or no test
/// leave that part undefined. No example is in two of them.
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

/// The options of a plain multilayer perceptron.
struct PlainOptions {
  std::int64_t classes = 10;
  nn::Activation activation = nn::Activation::relu;
  nn::Init init = nn::Init::he;
};
/// Dense layers as they are: without dropout and batch norm.
models::MlpOptions plain_mlp(models::InputShape input, std::vector<std::int64_t> hidden,
                             const PlainOptions& options = {});
/// Tanh, which has no kink, with the initialisation that suits it.
constexpr PlainOptions kSmooth{.activation = nn::Activation::tanh, .init = nn::Init::xavier};

/// A new network that normalises its inputs so.
Model built(const models::Architecture& architecture, const Normalisation& inputs, torch::Generator random);

optim::OptimizerOptions with_adam(double rate);
optim::OptimizerOptions with_plain_sgd(double rate);  ///< without momentum

/// Whether the parameter of that name in named_parameters() belongs to the last layer of a network of the
/// library.
bool is_of_head(const std::string& name);
/// Training leaves the parameters alone for whose name `which` is true.
void freeze(torch::nn::Module& module, const std::function<bool(const std::string& name)>& which);

void set_to_zero(torch::nn::Module& module);  ///< all parameters

struct FitOptions {
  std::int64_t steps = 500;
  std::int64_t batch_size = 64;  ///< all examples if it exceeds their number
  optim::OptimizerOptions optimizer;
  bool annealed = false;  ///< the learning rate falls linearly to 0
};

/// Inputs in, logits [N, classes] out.
using Network = std::function<torch::Tensor(const torch::Tensor& inputs)>;
/// The forward of a module, which must outlive it.
template <typename Module>
Network forward_of(Module& module) {
  return [&module](const torch::Tensor& inputs) { return module.forward(inputs); };
}
/// Called after every step with its loss; false ends the training.
using AfterStep = std::function<bool(std::int64_t step, double loss)>;

/// Trains the parameters of `module` by the cross-entropy of the logits of `network`, on batches in an order
/// drawn from `order`, anew in each pass. Returns the last loss. Training ends if it is not finite.
double fit(torch::nn::Module& module, const Network& network, const Examples& examples,
           const FitOptions& options, torch::Generator order, const AfterStep& after = {});
/// The same for a network of the library.
double fit(models::ImageModel& model, const Examples& examples, const FitOptions& options,
           torch::Generator order, const AfterStep& after = {});

/// The order of the examples in a pass, for training without `fit`.
enum class Order { as_drawn, sorted_by_label, shuffled_once, shuffled_each_pass };

/// The examples' indices in the order of the next pass, given that of the pass before (undefined before the
/// first).
torch::Tensor next_order(Order order, const torch::Tensor& last, const torch::Tensor& labels,
                         torch::Generator random);

/// Share of a mask that is true.
double share(const torch::Tensor& mask);

/// Share of the examples whose largest logit is their label's, without gradients; a network of the library is
/// in evaluation mode meanwhile.
double accuracy(models::ImageModel& model, const Examples& examples);
double accuracy(const Network& network, const Examples& examples);

/// A trained network and its accuracy on examples that it has not seen.
struct Learned {
  Model net;
  double accuracy = 0;
};

/// Accuracies of one network.
struct Scores {
  double validation = 0, test = 0;
};

/// What `make` gives at the value of a grid with the largest `score`; of equals, the first.
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

/// Of the networks that `make` gives at the rates, the one with the largest validation accuracy, and its test
/// accuracy.
Learned best_on_validation(const std::vector<double>& rates, const std::function<Model(double rate)>& make,
                           const Parts& parts);
/// The same without a test: the network alone.
Model best_on_validation(const std::vector<double>& rates, const std::function<Model(double rate)>& make,
                         const Examples& validation);

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
