/// Question 25: how is L2 regularisation weight decay?
///
/// A penalty c |w|^2 adds 2 c w to the gradient, so a step of gradient descent with learning rate lr first
/// shrinks every weight by the factor 1 - 2 lr c: the two are run side by side from the same start, on the
/// same batches. Then the same with Adam, which divides the gradient, and with it the penalty's part, by its
/// usual size.
#include "interview/material/question.hpp"

namespace fathom::interview::q25 {
namespace {

enum Purpose : std::uint64_t { pictures, weights, order };

constexpr double kSgdRate = 0.05, kAdamRate = 1e-3;

/// With tanh: a ReLU that tips over by rounding alone would make 1e-7 into 1e-4.
Model network(const Setting& setting) {
  return models::build(plain_mlp({1, kSide, kSide}, {64}, kSmooth), setting.random(weights));
}

/// The two ways to keep weights small; biases are left alone.
struct Decay {
  double penalty = 0;  ///< c: c |w|^2 is added to the loss
  double factor = 1;   ///< weights are multiplied by it before each step
};

/// One network on its way.
struct Run {
  Model net;
  optim::FlatParameters parameters;
  optim::Optimizer optimizer;
  Decay decay;

  Run(const Setting& setting, const OptimizerOptions& options, Decay with)
      : net(network(setting)), parameters(*net), optimizer(parameters, options), decay(with) {}

  void step(const Examples& batch) {
    torch::Tensor loss = torch::cross_entropy_loss(net->forward(batch.inputs), batch.labels);
    for (const torch::Tensor& each : net->parameters())
      if (each.dim() >= 2) loss = loss + decay.penalty * each.square().sum();
    parameters.zero_grad();
    loss.backward();
    const torch::NoGradGuard no_grad;
    decaying(parameters.values()).mul_(decay.factor);
    optimizer.step();
  }
  /// The part of a flat vector that belongs to weights.
  torch::Tensor decaying(const torch::Tensor& flat) const { return flat.narrow(0, 0, parameters.decayed()); }
};

/// Largest difference of two networks' weights, relative to the largest weight.
double difference(const Run& a, const Run& b) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor gap = (a.parameters.values() - b.parameters.values()).abs().max();
  return (gap / a.parameters.values().abs().max()).item<double>();
}

struct Pair {
  double difference = 0;            ///< after the last step
  std::vector<double> steps, gaps;  ///< on the way
};

/// Trains two networks from the same weights on the same batches.
Pair side_by_side(const OptimizerOptions& options, Decay one, Decay other, const Examples& examples,
                  const Setting& setting) {
  Run a(setting, options, one), b(setting, options, other);
  torch::Generator random = setting.random(order);
  Pair pair;
  for (std::int64_t step = 1; step <= setting.size(200, 100); ++step) {
    const Examples batch = random_batch(examples, 64, random);
    a.step(batch);
    b.step(batch);
    if (step % 10 != 0) continue;
    pair.difference = difference(a, b);
    pair.steps.push_back(static_cast<double>(step));
    pair.gaps.push_back(pair.difference);
  }
  return pair;
}

/// How strongly the penalty pulls weights to zero in one step of Adam, where 1 is the pull of the factor
/// 1 - 2 lr c: mean of each quarter of the weights, from those with the smallest gradients to those with the
/// largest.
std::vector<double> pulls(double penalty, const Examples& examples, const Setting& setting) {
  Run without(setting, with_adam(kAdamRate), {});
  torch::Generator random = setting.random(order);
  for (std::int64_t step = 0; step < setting.size(200, 100); ++step)
    without.step(random_batch(examples, 64, random));

  // From here a step with the penalty and one without it, at the same weights, moments and batch.
  Run with(setting, with_adam(kAdamRate), {.penalty = penalty});
  {
    const torch::NoGradGuard no_grad;
    with.parameters.values().copy_(without.parameters.values());
  }
  with.optimizer.restore(without.optimizer.moments(), without.optimizer.steps());
  const auto weights_of = [](const Run& run) { return run.decaying(run.parameters.values()).clone(); };
  const torch::Tensor before = weights_of(without);
  const torch::Tensor by_gradient = without.decaying(without.optimizer.moments().at(1)).argsort();
  const Examples batch = random_batch(examples, 64, random);
  with.step(batch);
  without.step(batch);

  const torch::Tensor pulled =
      ((weights_of(without) - weights_of(with)) * before.sign()).index_select(0, by_gradient);
  const torch::Tensor by_factor = (kAdamRate * 2 * penalty * before.abs()).index_select(0, by_gradient);
  std::vector<double> means;
  const std::int64_t quarter = before.numel() / 4;
  for (int i = 0; i < 4; ++i)
    means.push_back(
        (pulled.narrow(0, i * quarter, quarter).sum() / by_factor.narrow(0, i * quarter, quarter).sum())
            .item<double>());
  return means;
}

Trial run(const Setting& setting) {
  const Examples examples = clothes(setting, data::Split::train, 1000, pictures);
  const double penalty = setting.without_cause ? 0 : 0.01;  // c
  const auto by_rate = [&](double rate, double c, double factor) {
    return side_by_side(with_plain_sgd(rate), {.penalty = c}, {.factor = factor}, examples, setting);
  };
  const auto by_adam = [&](double c) {
    return side_by_side(with_adam(kAdamRate), {.penalty = c}, {.factor = 1 - 2 * kAdamRate * c}, examples,
                        setting);
  };
  const double factor = 1 - 2 * kSgdRate * penalty;
  const Pair plain = by_rate(kSgdRate, penalty, factor), slower = by_rate(kSgdRate / 2, penalty, factor),
             adaptive = by_adam(penalty);
  const std::vector<double> pull = pulls(penalty, examples, setting);
  return {.figures = {{"SGD", plain.difference},
                      {"Adam", adaptive.difference},
                      {"half the rate", slower.difference},
                      {"pull", pull.front() / pull.back()},
                      {"no decay", std::max(by_rate(kSgdRate, 0, 1).difference, by_adam(0).difference)}},
          .series = {{"difference", "SGD", plain.steps, plain.gaps},
                     {"difference", "SGD at half the rate, factor as before", slower.steps, slower.gaps},
                     {"difference", "Adam", adaptive.steps, adaptive.gaps},
                     by_category("pull", "Adam with penalty", pull)}};
}

}  // namespace

Experiment weight_decay() {
  return {
      .question = "How is L2 regularisation weight decay?",
      .answer =
          "The penalty c |w|\u00b2 adds 2 c w to the gradient. A step of gradient descent is then the step "
          "without penalty, taken from weights that were first multiplied by 1 - 2 lr c: they decay.",
      .method =
          "A perceptron learns Fashion-MNIST twice from the same start on the same batches: once with the "
          "penalty in the loss, once with its weights multiplied before each step. The weights are compared "
          "after every tenth step, for plain gradient descent and for Adam. Then one step of Adam is made "
          "with the penalty and without, to see how strongly each weight is pulled to zero.",
      .claims =
          {{"SGD",
            on_every_seed(at_most("SGD, penalty against factor 1 - 2 lr c: largest difference of weights, "
                                  "relative to the largest weight",
                                  1e-5))},
           {"Adam", caveat("For Adam an L2 penalty is not weight decay.",
                           at_least("Adam, penalty against factor (AdamW): the same difference", 1e-3))},
           {"half the rate",
            caveat("The factor contains the learning rate: another rate with the same factor is another "
                   "penalty.",
                   at_least("SGD at half the rate, with the factor of the full rate: the same difference",
                            1e-3))},
           {"pull", geometric(at_least("Adam with penalty: pull on the quarter of weights with the smallest "
                                       "gradients, over that with the largest",
                                       3, Unit::times))}},
      .controls = {{"no decay", on_every_seed(at_most("c = 0: largest difference, SGD and Adam", 0))}},
      .charts = {{"difference", line_chart("How far penalty and factor drift apart", "step",
                                           log_scale("difference of weights, relative"))},
                 {"pull", bar_chart("How strongly decay pulls, by size of a weight's gradients",
                                    "quarter of the weights", log_scale("pull, in multiples of 2 lr c w"),
                                    {"smallest gradients", "second", "third", "largest gradients"},
                                    {{"the factor's pull, as in AdamW", 1}})}},
      .fine_print =
          "The factor contains the learning rate: half the rate with the same factor regularises twice as "
          "much. And penalty and factor are equivalent only for plain gradient descent. Adam also divides "
          "the penalty term by the usual size of the gradient, so the weights with the largest gradients are "
          "pulled least; AdamW multiplies instead. Penalty and factor differ only by rounding while the "
          "network is smooth, as with tanh here; a ReLU that switches because of rounding makes them differ "
          "by about 1e-4.",
      .sources =
          {"Hanson & Pratt, Comparing biases for minimal network construction with back-propagation, 1988",
           "Loshchilov & Hutter, Decoupled weight decay regularization, 2019"},
      .cause = "The decay: c is 0.",
      .run = run};
}

}  // namespace fathom::interview::q25
