/// Question 7: what is the idea of Adam?
///
/// The same small task is put three times: with features in units that differ by a factor of up to 1000, with
/// each feature standardised, and whitened, so that no feature says what another does. How many steps does
/// Adam need to the same loss, how many without its momentum, without a step size of its own for every
/// parameter, and without both? And a game of one number, made so that Adam loses it.
#include <numbers>

#include "interview/material/question.hpp"
#include "interview/material/reddi_game.hpp"

namespace fathom::interview::q07 {
namespace {

enum Purpose : std::uint64_t { points, units, truth, labels, weights, order, first_move };

constexpr std::int64_t kSamples = 500, kFeatures = 20;
constexpr double kTarget = 0.2;      // of the way from the first loss to the lowest, what is left of it
constexpr std::int64_t kStays = 20;  // steps in a row at the target or below, so that a lucky touch is none

/// Adam, without one idea of it, without the other, and without both.
struct Arm {
  const char* name;
  OptimizerOptions options;
};
const std::array<Arm, 4> kArms = {
    {{"Adam", {.kind = OptimizerKind::adam}},
     {"without momentum (beta1 = 0)", {.kind = OptimizerKind::adam, .beta1 = 0}},
     {"SGD with momentum", {.kind = OptimizerKind::sgd, .momentum = 0.9}},
     {"SGD", {.kind = OptimizerKind::sgd, .momentum = 0}}}};
enum ArmIndex : std::size_t { full_adam, without_momentum, sgd_with_momentum, sgd };

/// Three views of the same points with the same labels. Each is a linear map of the others, so that the
/// lowest loss is the same in all, and so is the loss at weights of zero.
struct Task {
  Examples scaled, standardised, whitened;
};

/// Features that are correlated with their neighbours, and labels that a linear model explains but for noise.
Task task(const Setting& setting) {
  torch::Tensor x = torch::randn({kSamples, kFeatures}, setting.random(points), torch::kDouble);
  for (std::int64_t j = 1; j < kFeatures; ++j)
    x.select(1, j).mul_(0.6).add_(x.select(1, j - 1), 0.8);  // variance stays 1
  const torch::Tensor standard = (x - x.mean(0)) / x.std(0);
  const torch::Tensor covariance = standard.t().mm(standard) / kSamples;
  const torch::Tensor white = standard.mm(torch::linalg_inv(torch::linalg_cholesky(covariance)).t());

  // Every direction matters, some more and some less, some for one class and some for the other.
  const torch::Generator random = setting.random(truth);
  const torch::Tensor sides = 2 * torch::randint(2, {kFeatures}, random, torch::kDouble) - 1;
  torch::Tensor direction = (0.5 + torch::rand({kFeatures}, random, torch::kDouble)) * sides;
  direction = 4 * direction / direction.norm();
  const torch::Tensor noise = torch::rand({kSamples}, setting.random(labels), torch::kDouble);
  const torch::Tensor y = (noise < torch::sigmoid(white.mv(direction))).to(torch::kLong);

  // 0.03 to 30, in any order.
  const torch::Tensor scales = torch::pow(10, torch::linspace(-1.5, 1.5, kFeatures, torch::kDouble));
  const torch::Tensor shuffled =
      scales.index_select(0, torch::randperm(kFeatures, setting.random(units), torch::kLong));
  const auto examples = [&](const torch::Tensor& features) {
    return Examples{features.to(torch::kFloat).view({kSamples, 1, 1, kFeatures}), y};
  };
  return {examples(setting.without_cause ? white : standard * shuffled), examples(standard), examples(white)};
}

/// Logistic regression: one layer with two logits, from weights of zero.
Model regression(const Setting& setting) {
  Model net = models::build(plain_mlp({1, 1, kFeatures}, {}, {.classes = 2}), setting.random(weights));
  set_to_zero(*net);
  return net;
}

constexpr double kFirstLoss = std::numbers::ln2;  // all weights are zero

double lowest_loss(const Task& task, const Setting& setting) {
  const Model net = regression(setting);
  const OptimizerOptions quick{.kind = OptimizerKind::sgd, .learning_rate = 1, .momentum = 0.9};
  return fit(*net, task.whitened, {500, kSamples, quick}, setting.random(order));
}

/// Full-batch training. After each step, `go_on` is told what share of the way from the first loss to the
/// lowest is still to go, until it says that this is enough.
void descend(const Examples& examples, const OptimizerOptions& optimizer, std::int64_t steps, double lowest,
             const Setting& setting, const std::function<bool(std::int64_t step, double to_go)>& go_on) {
  const Model net = regression(setting);
  // The loss that comes with a step was computed before it.
  fit(*net, examples, {steps + 1, kSamples, optimizer}, setting.random(order),
      [&](std::int64_t step, double loss) {
        return go_on(step - 1, (loss - lowest) / (kFirstLoss - lowest));
      });
}

struct Descent {
  std::int64_t steps = 0;  ///< to the target
  double rate = 0;
  double to_go = HUGE_VAL;  ///< at the end
  bool arrived = false;
};

std::int64_t patience(const Setting& setting) { return setting.size(2000, 600); }

Descent descent(OptimizerOptions optimizer, double rate, const Examples& examples, std::int64_t longest,
                double lowest, const Setting& setting) {
  optimizer.learning_rate = rate;
  Descent now{.rate = rate};
  descend(examples, optimizer, longest + kStays, lowest, setting, [&](std::int64_t step, double to_go) {
    now.to_go = to_go;
    if (to_go > kTarget) now.steps = step + 1;  // the next may be the first at the target
    now.arrived = step >= now.steps + kStays;
    const bool is_late = now.steps >= longest, diverges = step == 50 && to_go > 1;
    return !now.arrived && !is_late && !diverges;
  });
  return now;
}

/// At the best rate of a grid that all optimizers share. One that does not arrive in time is taken to arrive
/// at the end of it, which is in its favour.
Descent fastest(const OptimizerOptions& optimizer, const Examples& examples, double lowest,
                const Setting& setting) {
  Descent best{.steps = patience(setting)};
  for (int third = 3; third >= -9; --third) {
    const Descent now = descent(optimizer, std::pow(10, third / 3.0), examples, best.steps, lowest, setting);
    if (now.arrived && now.steps < best.steps) {
      best = now;
    } else if (!best.arrived && now.to_go < best.to_go) {
      best.rate = now.rate;  // the nearest to it so far, of those that are not there
      best.to_go = now.to_go;
    }
  }
  return best;
}

using Descents = std::array<Descent, kArms.size()>;

Descents race(const Examples& examples, double lowest, const Setting& setting) {
  Descents all;
  for (std::size_t i = 0; i < kArms.size(); ++i)
    all[i] = fastest(kArms[i].options, examples, lowest, setting);
  return all;
}

double ratio(const Descent& a, const Descent& b) {
  return static_cast<double>(a.steps) / static_cast<double>(b.steps);
}

/// The whole way at the best rate, at steps that lie evenly on a logarithmic axis.
TrialSeries way_down(const Arm& arm, double rate, const Examples& examples, double lowest,
                     const Setting& setting) {
  TrialSeries curve{"way down", arm.name};
  OptimizerOptions options = arm.options;
  options.learning_rate = rate;
  std::int64_t next = 1;
  descend(examples, options, patience(setting), lowest, setting, [&](std::int64_t step, double to_go) {
    if (step != next) return true;
    next = std::max(next + 1, next * 5 / 4);
    curve.add(step, 100 * to_go);
    return true;
  });
  return curve;
}

/// Averaged over the three rounds after which the slopes repeat.
TrialSeries game(const std::string& name, const std::vector<double>& places) {
  TrialSeries curve{"game", name};
  for (std::size_t i = 2; i < 600; i += 3) curve.add(i + 1, (places[i] + places[i - 1] + places[i - 2]) / 3);
  return curve;
}

Trial run(const Setting& setting) {
  const Task views = task(setting);
  const double lowest = lowest_loss(views, setting);
  const Descents scaled = race(views.scaled, lowest, setting);
  const Descents standardised = race(views.standardised, lowest, setting);
  const Descents whitened = race(views.whitened, lowest, setting);

  const double first = torch::rand({1}, setting.random(first_move), torch::kDouble).item<double>() * 2 - 1;
  const std::vector<double> by_adam = reddi_game_by_adam(first), by_amsgrad = reddi_game_by_amsgrad(first);

  Trial trial;
  trial.figures = {{"Adam over SGD", ratio(scaled[full_adam], scaled[sgd])},
                   {"without momentum", ratio(scaled[without_momentum], scaled[full_adam])},
                   {"without steps per parameter", ratio(scaled[sgd_with_momentum], scaled[full_adam])},
                   {"units", ratio(scaled[full_adam], standardised[full_adam])},
                   {"Adam in the game", by_adam.back()},
                   {"AMSGrad in the game", by_amsgrad.back()},
                   {"whitened, SGD", ratio(whitened[full_adam], whitened[sgd])},
                   {"whitened, momentum", ratio(whitened[sgd_with_momentum], whitened[full_adam])}};
  for (std::size_t i = 0; i < kArms.size(); ++i) {
    trial.series.push_back(way_down(kArms[i], scaled[i].rate, views.scaled, lowest, setting));
    const auto steps = [&](const Descents& descents) { return static_cast<double>(descents[i].steps); };
    trial.series.push_back(
        by_category("steps", kArms[i].name, {steps(scaled), steps(standardised), steps(whitened)}));
  }
  trial.series.push_back(game("Adam", by_adam));
  trial.series.push_back(game("AMSGrad", by_amsgrad));
  return trial;
}

}  // namespace

Experiment adam() {
  return {
      .question = "What is the idea of Adam?",
      .answer =
          "Two ideas. Every parameter has its own step size: the gradient is divided by the root of a "
          "running mean of its square, so parameters with small gradients move as fast as others. And "
          "momentum: the step follows a running mean of the gradients, which carries it through narrow "
          "valleys.",
      .method =
          "Logistic regression on 20 correlated features, whose units spread over three decades, is trained "
          "on all 500 samples in every step, starting from zero weights. Steps are counted until at most a "
          "fifth of the distance from the first loss to the lowest is left, for 20 steps in a row, each "
          "optimizer at its best rate of one grid from 0.001 to 10. An optimizer that takes longer than the "
          "run is counted with the length of the run, which is in its favour. Then Adam plays a game that "
          "was designed to defeat it.",
      .claims = {{"Adam over SGD", on_every_seed(at_most("steps of Adam / steps of SGD", 0.5, Unit::times))},
                 {"without momentum",
                  on_every_seed(at_least("steps of Adam without momentum (beta1 = 0) / steps of Adam", 1.5,
                                         Unit::times))},
                 {"without steps per parameter",
                  on_every_seed(at_least(
                      "steps of Adam without steps per parameter (SGD with momentum) / steps of Adam", 1.5,
                      Unit::times))},
                 {"units",
                  caveat(
                      "Adam does not make scales irrelevant: with standardised features it is even faster.",
                      on_every_seed(at_least("steps of Adam in these units / steps of Adam with every "
                                             "feature standardised",
                                             1, Unit::times)))},
                 {"Adam in the game",
                  caveat("There are losses on which Adam ends in the worst place.",
                         on_every_seed(at_least(
                             "where Adam ends in Reddi's game; -1 is the best and 1 the worst place", 0.9)))},
                 {"AMSGrad in the game", on_every_seed(at_most("where AMSGrad ends in it", -0.9))}},
      .controls = {{"whitened, SGD", on_every_seed(at_least("whitened features: steps of Adam / steps of SGD",
                                                            0.5, Unit::times))},
                   {"whitened, momentum",
                    on_every_seed(at_most("whitened features: steps of SGD with momentum / steps of Adam",
                                          2.5, Unit::times))}},
      .charts = {{"way down", line_chart("Features in units over three decades", log_scale("step"),
                                         log_scale("loss still to go, %"), {{"target", 100 * kTarget}})},
                 {"steps", line_chart("Steps to the target loss", "features", log_scale("steps"), {},
                                      {"three decades", "standardised", "whitened"})},
                 {"game", line_chart("Reddi's game: the best place is -1", "round", "place")}},
      .fine_print =
          "Step sizes per parameter do not make an optimizer independent of units: if a feature is 100 times "
          "smaller, its weight must become 100 times larger, and Adam moves it no faster than the others. At "
          "the best rate for Adam, the weights of the largest features overshoot, and the loss rises a lot "
          "before it falls. Standardising the features helps Adam too, and then SGD with momentum is as "
          "fast. The features remain correlated; momentum deals with that, and whitening removes it. The "
          "running mean of squares forgets, so rare large gradients count less than frequent small ones: in "
          "Reddi's game, Adam moves to the worst place, and AMSGrad, whose mean never falls, to the best. "
          "And steps to a training loss are not accuracy on new data, where tuned SGD can be ahead.",
      .sources =
          {"Kingma & Ba, Adam: a method for stochastic optimization, 2015",
           "Wilson, Roelofs, Stern, Srebro & Recht, The marginal value of adaptive gradient methods in "
           "machine learning, 2017",
           "Reddi, Kale & Kumar, On the convergence of Adam and beyond, 2018"},
      .cause = "The units: the features are whitened.",
      .run = run};
}

}  // namespace fathom::interview::q07
