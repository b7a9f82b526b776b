/// Question 5: is 0.1, 0.2, ... 0.5 a good grid for the learning rate?
///
/// One network learns to tell pieces of clothing apart, at rates from 0.00001 to 1. Where on that curve is it
/// within one point of the best, and how likely does a search that tries five rates hit one of those places?
/// The curve is measured; the chances follow from it by arithmetic, so that the luck of a search plays no
/// part.
#include <numeric>

#include "interview/material/question.hpp"

namespace fathom::interview::q05 {
namespace {

enum Purpose : std::uint64_t { pictures, weights, order, other_weights, other_order };

constexpr double kLowest = -5, kHighest = 0;  // decimal logarithms of the rates
constexpr double kClose = 0.01;               // of accuracy, below the best
constexpr std::array<double, 5> kGrid = {0.1, 0.2, 0.3, 0.4, 0.5};

Parts drawn(const Setting& setting) {
  const std::int64_t training = 4000, validation = setting.size(8000, 5000);
  const Examples all = small_clothes(setting, data::Split::train, training + validation, pictures);
  return {.training = all.first(training), .validation = all.part(training, validation)};
}

/// What a training starts from and goes through; optimizers share it.
struct Start {
  torch::Generator weights, order;
};
Start first_start(const Setting& setting) { return {setting.random(weights), setting.random(order)}; }
Start other_start(const Setting& setting) {
  return {setting.random(other_weights), setting.random(other_order)};
}

/// Validation accuracy, averaged over the last part of training: at a constant rate it goes up and down from
/// step to step, and the best of many rates would be the luckiest.
double learned(const OptimizerOptions& optimizer, const Parts& data, const Setting& setting,
               const Start& start) {
  const Model net = built(plain_mlp({1, kHalfSide, kHalfSide}, {64, 64, 64}), {0.29F, 0.33F}, start.weights);
  const std::int64_t steps = setting.size(600, 300), every = steps / 10;
  std::vector<double> accuracies;
  const auto measure_late = [&](std::int64_t step, double) {
    if (step > steps / 2 && step % every == 0) accuracies.push_back(accuracy(*net, data.validation));
    return true;
  };
  fit(*net, data.training, {steps, 32, optimizer}, start.order, measure_late);
  if (accuracies.empty()) return accuracy(*net, data.validation);  // the loss was no number long before
  return std::accumulate(accuracies.begin(), accuracies.end(), 0.0) / static_cast<double>(accuracies.size());
}

/// Validation accuracy over the decimal logarithm of the rate; between two measurements, a straight line.
struct AccuracyCurve {
  std::vector<double> log_rates, accuracies;
};

/// The rates of the axis are multiplied by `unit` before they are used.
AccuracyCurve measured(OptimizerOptions optimizer, const Parts& data, const Setting& setting,
                       Start (*start)(const Setting&) = first_start, double unit = 1) {
  const std::int64_t rates = setting.size(24, 14);
  AccuracyCurve curve;
  for (std::int64_t i = 0; i < rates; ++i) {
    const double along = static_cast<double>(i) / static_cast<double>(rates - 1);
    curve.log_rates.push_back(kLowest + (kHighest - kLowest) * along);
    optimizer.learning_rate = unit * std::pow(10, curve.log_rates.back());
    curve.accuracies.push_back(learned(optimizer, data, setting, start(setting)));
  }
  return curve;
}

struct Stretch {
  double from = 0, to = 0;  ///< decimal logarithms
};

/// The stretches of the axis on which the curve is at least `level`.
std::vector<Stretch> where_at_least(double level, const AccuracyCurve& curve) {
  std::vector<Stretch> stretches;
  for (std::size_t i = 0; i + 1 < curve.log_rates.size(); ++i) {
    const double left = curve.log_rates[i], right = curve.log_rates[i + 1];
    const double at_left = curve.accuracies[i] - level, at_right = curve.accuracies[i + 1] - level;
    if (at_left < 0 && at_right < 0) continue;
    const double crossing = left + (right - left) * at_left / (at_left - at_right);
    stretches.push_back({at_left < 0 ? crossing : left, at_right < 0 ? crossing : right});
  }
  return stretches;
}

/// The probability that each way to choose five rates has a good one among them.
struct Chances {
  double log_draws = 0, log_grid = 0, linear_draws = 0, grid = 0;
};

double at_least_one_of_five(double share) { return 1 - std::pow(1 - share, 5); }

Chances chances(const AccuracyCurve& curve) {
  const double best = *std::max_element(curve.accuracies.begin(), curve.accuracies.end());
  const std::vector<Stretch> good = where_at_least(best - kClose, curve);
  const auto is_good = [&](double log_rate) {
    return std::any_of(good.begin(), good.end(),
                       [&](const Stretch& s) { return s.from <= log_rate && log_rate <= s.to; });
  };

  double log_length = 0, length = 0;
  for (const Stretch& s : good) {
    log_length += s.to - s.from;
    length += std::pow(10, s.to) - std::pow(10, s.from);
  }
  Chances all;
  all.log_draws = at_least_one_of_five(log_length / (kHighest - kLowest));
  all.linear_draws = at_least_one_of_five(length / (std::pow(10, kHighest) - std::pow(10, kLowest)));
  all.grid = std::any_of(kGrid.begin(), kGrid.end(), [&](double rate) { return is_good(std::log10(rate)); });

  // One rate in each of the five decades, all at the same place in it: of all places, the share with a good
  // one.
  constexpr int places = 1000;
  for (int place = 0; place < places; ++place)
    for (int decade = 0; decade < 5; ++decade)
      if (is_good(kLowest + decade + (place + 0.5) / places)) {
        all.log_grid += 1.0 / places;
        break;
      }
  return all;
}

double best_rate(const AccuracyCurve& curve) {
  const auto best = std::max_element(curve.accuracies.begin(), curve.accuracies.end());
  return std::pow(10, curve.log_rates[static_cast<std::size_t>(best - curve.accuracies.begin())]);
}

TrialSeries along_rates(const std::string& name, const AccuracyCurve& curve) {
  TrialSeries line{"accuracy", name};
  for (std::size_t i = 0; i < curve.log_rates.size(); ++i)
    line.add(std::pow(10, curve.log_rates[i]), 100 * curve.accuracies[i]);
  return line;
}

Trial run(const Setting& setting) {
  const Parts data = drawn(setting);
  const OptimizerOptions with_momentum{.kind = OptimizerKind::sgd, .momentum = 0.9};
  const AccuracyCurve adam = measured({.kind = OptimizerKind::adam}, data, setting);
  const AccuracyCurve momentum = measured(with_momentum, data, setting);
  // In this unit the best rate just found is called 0.3. Whether it is good from another start, too, is open.
  const AccuracyCurve known =
      measured(with_momentum, data, setting, other_start, best_rate(momentum) / kGrid[2]);

  std::array<Chances, 3> of = {chances(adam), chances(momentum), chances(known)};
  if (setting.without_cause)
    for (Chances& each : of) each.log_draws = each.linear_draws;

  const auto bars = [&](const std::string& name, double Chances::*way) {
    return percent_by_category("chances", name, {of[0].*way, of[1].*way, of[2].*way});
  };
  const double by_decades = (of[0].log_grid - of[0].log_draws + of[1].log_grid - of[1].log_draws) / 2;
  return {
      .figures = {{"Adam, over linear", of[0].log_draws - of[0].linear_draws},
                  {"SGD, over linear", of[1].log_draws - of[1].linear_draws},
                  {"Adam, over grid", of[0].log_draws - of[0].grid},
                  {"SGD, over grid", of[1].log_draws - of[1].grid},
                  {"decades", by_decades},
                  {"known, over linear", of[2].log_draws - of[2].linear_draws},
                  {"known, over grid", of[2].log_draws - of[2].grid}},
      .series = {along_rates("Adam", adam),
                 along_rates("SGD, momentum 0.9", momentum),
                 {"accuracy", "the grid", {kGrid.begin(), kGrid.end()}, std::vector<double>(kGrid.size(), 3)},
                 bars("5 log draws", &Chances::log_draws),
                 bars("1 in each decade", &Chances::log_grid),
                 bars("5 linear draws", &Chances::linear_draws),
                 bars("0.1, 0.2, ... 0.5", &Chances::grid)}};
}

}  // namespace

Experiment learning_rate() {
  return {
      .question = "Is 0.1, 0.2, 0.3, 0.4, 0.5 a good grid for the learning rate?",
      .answer =
          "No. What matters about a learning rate is its order of magnitude: the step from 0.1 to 0.2 is as "
          "large as the step from 0.001 to 0.002, and that grid covers less than one decade. Search on a "
          "logarithmic scale.",
      .method =
          "A network of four dense layers learns Fashion-MNIST (4000 pictures, pooled to 14 x 14) with Adam "
          "and with SGD, at logarithmically spaced rates from 0.00001 to 1. A rate is good if its validation "
          "accuracy, interpolated linearly between the measurements, is within one point of the best. The "
          "length of the good interval gives the chance that five draws hit it: 1 - (1 - p)^5, where p is "
          "its share of the axis, logarithmic or linear. The grid hits it or does not. For the control, "
          "rates are measured in a unit in which the best rate just found for SGD is 0.3, and the curve is "
          "measured again from other initial weights.",
      .claims = {{"Adam, over linear",
                  at_least("Adam, chance of a good rate: 5 log draws minus 5 linear draws", 0.1,
                           Unit::points)},
                 {"SGD, over linear",
                  at_least("SGD with momentum 0.9: 5 log draws minus 5 linear draws", 0.1, Unit::points)},
                 {"Adam, over grid", at_least("Adam: 5 log draws minus the grid", 0.1, Unit::points)},
                 {"SGD, over grid",
                  at_least("SGD with momentum 0.9: 5 log draws minus the grid", 0.1, Unit::points)},
                 {"decades",
                  caveat("The scale matters, not the random draws: one rate in each decade does as well as "
                         "five random ones.",
                         at_least("one rate in each decade minus 5 log draws, mean of these optimizers", 0,
                                  Unit::points))}},
      .controls = {{"known, over linear",
                    at_most("optimum known to be inside the grid: 5 log draws minus 5 linear draws", 0.1,
                            Unit::points)},
                   {"known, over grid",
                    caveat("If the optimum is known to be inside the grid, the grid is good enough.",
                           at_most("optimum known to be inside the grid: 5 log draws minus the grid", 0.1,
                                   Unit::points))}},
      .charts = {{"accuracy", line_chart("Good learning rates", log_scale("learning rate"),
                                         "validation accuracy, %", {{"chance", 10}})},
                 {"chances", bar_chart("Chance that the best of five rates is within a point of the best",
                                       "optimizer, and the control", "chance, %",
                                       {"Adam", "SGD, momentum 0.9", "known optimum"})}},
      .fine_print =
          "The scale counts, not the random draws. For a single parameter, an even grid on the log scale, "
          "one rate in each decade, is better than the same number of draws, which may be close together. "
          "Random draws win if several parameters are searched and few of them matter, because a grid "
          "repeats the same few values of those. And the answer is for people who do not know the optimum, "
          "which depends on the optimizer (momentum of 0.9 makes steps up to ten times as long as the rate "
          "alone), the network, the batch size and the units of the inputs. If the optimum is known to be "
          "inside the grid, the grid is the best choice, and a log scale wastes most of its draws.",
      .sources =
          {"Bergstra & Bengio, Random search for hyper-parameter optimization, 2012",
           "Bengio, Practical recommendations for gradient-based training of deep architectures, 2012"},
      .cause = "The logarithmic scale: its draws are made on the linear scale.",
      .run = run};
}

}  // namespace fathom::interview::q05
