/// Question 24: training and validation error are both high. What is it, and what helps?
///
/// A network with a hidden layer of two units cannot tell ten kinds of clothes apart. It is widened step by
/// step, it is given four times the data instead, and a wide one is freed of a weight decay that is too
/// strong; every time both errors are measured.
#include "interview/material/question.hpp"

namespace fathom::interview::q24 {
namespace {

enum Purpose : std::uint64_t { pictures, weights, order, labels };

constexpr std::int64_t kNarrow = 2, kWide = 64;
constexpr double kStrong = 0.3;

struct Data {
  Examples training, validation, more;  ///< `more` is `training` and three times as much beside it
};

Data drawn(const Setting& setting) {
  const std::int64_t count = 2000;
  const Examples all = clothes(setting, data::Split::train, 6 * count, pictures);
  return {all.first(count), all.part(4 * count, 2 * count), all.first(4 * count)};
}

/// With tanh: of so few ReLUs some would be dead from the start.
Model network(std::int64_t width, std::uint64_t start, const Setting& setting) {
  return built(plain_mlp({1, kSide, kSide}, {width}, kSmooth), {0.286F, 0.353F},
               setting.random(weights + 100 * start));
}

/// In percent.
struct Errors {
  double training = 0, validation = 0;
};

/// The mean over several starts where it is narrow: what two units come to depends on where they begin.
Errors errors_of(std::int64_t width, double decay, double rate, const Examples& training,
                 const Examples& validation, std::int64_t steps, const Setting& setting) {
  const std::uint64_t starts = width == kNarrow ? 3 : 1;
  Errors mean;
  for (std::uint64_t start = 0; start < starts; ++start) {
    const Model net = network(width, start, setting);
    fit(*net, training,
        {steps, 64, {.kind = OptimizerKind::adam, .learning_rate = rate, .weight_decay = decay}},
        setting.random(order));
    mean.training += 100 * (1 - accuracy(*net, training)) / static_cast<double>(starts);
    mean.validation += 100 * (1 - accuracy(*net, validation)) / static_cast<double>(starts);
  }
  return mean;
}

/// At the learning rate with the lowest validation error, of the same three for all.
Errors learned(std::int64_t width, double decay, const Examples& training, const Examples& validation,
               const Setting& setting) {
  const auto with_rate = [&](double rate) {
    return errors_of(width, decay, rate, training, validation, setting.size(800, 400), setting);
  };
  return best_of({1e-3, 3e-3, 1e-2}, with_rate, [](const Errors& errors) { return -errors.validation; });
}

Trial run(const Setting& setting) {
  const Data data = drawn(setting);
  const auto with = [&](std::int64_t width, double decay, const Examples& training) {
    return learned(setting.without_cause ? kNarrow : width, setting.without_cause ? kStrong : decay, training,
                   data.validation, setting);
  };
  TrialSeries training{"width", "training"}, validation{"width", "validation"};
  Errors narrow, wide;
  for (const std::int64_t width : {kNarrow, std::int64_t{4}, std::int64_t{16}, kWide}) {
    const Errors errors = with(width, 0, data.training);
    if (width == kNarrow) narrow = errors;
    wide = errors;
    training.add(width, errors.training);
    validation.add(width, errors.validation);
  }
  const Errors held_back = with(kWide, kStrong, data.training);
  const Errors more = with(kNarrow, 0, data.more);

  // Labels drawn by lot: nothing can be learned, but a wide network has room to remember them.
  Examples by_lot = data.training.first(300);
  by_lot.labels = torch::randint(10, {by_lot.size()}, setting.random(labels), torch::kLong);
  const Errors remembered = errors_of(setting.without_cause ? kNarrow : 256, 0, 3e-3, by_lot, data.validation,
                                      setting.size(500, 400), setting);

  const auto points = [](double percent) { return percent / 100; };
  return {
      .figures = {{"gap", points(narrow.validation - narrow.training)},
                  {"training", points(narrow.training - wide.training)},
                  {"validation", points(narrow.validation - wide.validation)},
                  {"decay, training", points(held_back.training - wide.training)},
                  {"decay, validation", points(held_back.validation - wide.validation)},
                  {"by lot, training", points(remembered.training)},
                  {"by lot, validation", points(remembered.validation)},
                  {"more data, training", points(narrow.training - more.training)},
                  {"more data, validation", points(narrow.validation - more.validation)}},
      .series = {training, validation,
                 by_category("help", "training",
                             {narrow.training, more.training, held_back.training, wide.training}),
                 by_category("help", "validation",
                             {narrow.validation, more.validation, held_back.validation, wide.validation})}};
}

}  // namespace

Experiment underfitting() {
  return {
      .question = "Training and validation error are both high: what is the problem, and what helps?",
      .answer =
          "Underfitting: the model cannot even fit its training data. More capacity helps, or less "
          "regularisation, or better training; more data does not.",
      .method =
          "Perceptrons learn Fashion-MNIST with a hidden layer of 2, 4, 16 and 64 units, each at the best "
          "of three learning rates. The narrowest (the mean over three starts) is also trained on four times "
          "the data, and the widest with too strong a weight decay. Finally, a wide one learns random "
          "labels.",
      .claims = {{"gap", on_every_seed(between("2 units: validation error minus training error", -0.08, 0.08,
                                               Unit::points))},
                 {"training", at_least("training error, 2 units minus 64", 0.15, Unit::points)},
                 {"validation", at_least("validation error, 2 units minus 64", 0.15, Unit::points)},
                 {"decay, training",
                  at_least("64 units: training error, strong weight decay minus none", 0.05, Unit::points)},
                 {"decay, validation",
                  at_least("64 units: validation error, strong weight decay minus none", 0.02, Unit::points)},
                 {"by lot, training",
                  caveat("A low training error is not learning: random labels are learned by heart.",
                         at_most("random labels: training error", 0.1, Unit::percent))},
                 {"by lot, validation", at_least("random labels: validation error", 0.7, Unit::percent)}},
      .controls = {{"more data, training",
                    between("2 units, training error: the data minus four times the data", -0.1, 0.1,
                            Unit::points)},
                   {"more data, validation",
                    between("2 units, validation error: the data minus four times the data", -0.1, 0.1,
                            Unit::points)}},
      .charts = {{"width", line_chart("Both errors fall as the network widens", log_scale("hidden units"),
                                      "error, %")},
                 {"help", bar_chart("What helps against underfitting", "network", "error, %",
                                    {"2 units", "2, data x 4", "64, strong decay", "64, no decay"},
                                    {{"chance", 90}})}},
      .fine_print =
          "A low training error alone is not a sign of learning: a network with enough capacity remembers "
          "random labels and knows nothing about new pictures. And capacity is not only the number of "
          "weights: as the strong weight decay shows, a wide network can be prevented from using it.",
      .sources = {"Geman, Bienenstock & Doursat, Neural networks and the bias/variance dilemma, 1992",
                  "Zhang, Bengio, Hardt, Recht & Vinyals, Understanding deep learning requires rethinking "
                  "generalization, 2017"},
      .cause = "Capacity: every network has 2 units and the strong weight decay.",
      .run = run};
}

}  // namespace fathom::interview::q24
