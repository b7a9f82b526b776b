/// Question 6: what happens when all weights start equal?
///
/// A network of three layers with ReLU starts with all its weights at one constant, biases at zero, and
/// learns Fashion-MNIST. Its hidden units are compared with each other afterwards, and its accuracy with that
/// of a network that has one unit per layer. Then a single layer is started from zero.
#include "interview/material/question.hpp"

namespace fathom::interview::q06 {
namespace {

enum Purpose : std::uint64_t { training_pictures, test_pictures, weights, noise, order };

constexpr double kConstant = 0.02;

/// How the weights of a network begin.
struct Start {
  bool constant = false;  ///< all at kConstant, else drawn
  double noise = 0;       ///< deviation of what is added to the constant
};

Model network(std::vector<std::int64_t> hidden, Start start, const Setting& setting) {
  // No pixel is negative: with equal weights every ReLU is open.
  Model net = built(plain_mlp({1, 28, 28}, std::move(hidden)), {0, 1}, setting.random(weights));
  if (!start.constant) return net;
  torch::Generator random = setting.random(noise);
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& each : net->parameters())
    if (each.dim() == 2) each.copy_(kConstant + start.noise * torch::randn(each.sizes(), random));
  return net;
}

/// At the learning rate that suits it best on the validation pictures, of the same three for all; it falls to
/// nothing, so that what is left of a difference is not the last steps' noise.
Learned learned(const std::function<Model()>& build, std::int64_t steps, const Parts& parts,
                const Setting& setting) {
  const auto with_rate = [&](double rate) {
    const Model net = build();
    fit(*net, parts.training,
        {.steps = steps, .batch_size = 64, .optimizer = with_adam(rate), .annealed = true},
        setting.random(order));
    return net;
  };
  return best_on_validation({1e-3, 3e-3, 1e-2}, with_rate, parts);
}

/// Largest difference between what any two units of a hidden layer answer to the same picture, relative to
/// the largest answer of the layer; the larger of both layers'.
double difference_of_units(models::ImageModel& net, const Examples& examples) {
  const torch::NoGradGuard no_grad;
  net.eval();
  double largest = 0;
  for (const torch::Tensor& layer : net.activations(examples.inputs, 2)) {
    const torch::Tensor spread = layer.amax(1) - layer.amin(1);
    largest = std::max(largest, (spread.max() / layer.abs().max()).item<double>());
  }
  return largest;
}

Trial run(const Setting& setting) {
  const Examples train = clothes(setting, data::Split::train, 6000, training_pictures);
  const Examples test = clothes(setting, data::Split::test, setting.size(10000, 5000), test_pictures);
  const Parts parts{train.first(4000), train.part(4000, 2000), test};
  const bool equal_at_start = !setting.without_cause;
  const auto deep = [&](std::int64_t width, Start start) {
    const auto build = [&] { return network({width, width}, start, setting); };
    return learned(build, setting.size(600, 300), parts, setting);
  };
  const Learned equal = deep(32, {.constant = equal_at_start}), narrow = deep(1, {.constant = true}),
                drawn = deep(32, {}), noisy = deep(32, {.constant = true, .noise = 0.01});

  // One layer: softmax regression.
  const auto flat = [&](bool from_zero) {
    const auto build = [&] {
      const Model net = network({}, {}, setting);
      if (from_zero) set_to_zero(*net);
      return net;
    };
    return learned(build, 2000, parts, setting).accuracy;
  };
  const double from_zero = flat(true), from_random = flat(false);
  return {.figures = {{"units differ", difference_of_units(*equal.net, test.first(500))},
                      {"equal over narrow", equal.accuracy - narrow.accuracy},
                      {"drawn over equal", drawn.accuracy - equal.accuracy},
                      {"one layer", from_zero - from_random},
                      {"noise over equal", noisy.accuracy - equal.accuracy},
                      {"noisy units differ", difference_of_units(*noisy.net, test.first(500))}},
          .series = {percent_by_category(
              "accuracy", "",
              {equal.accuracy, narrow.accuracy, noisy.accuracy, drawn.accuracy, from_zero, from_random})}};
}

}  // namespace

Experiment equal_weights() {
  return {
      .question = "All weights start equal: what happens, with three layers and with one?",
      .answer =
          "With hidden layers, all units of a layer compute the same, get the same gradient and stay the "
          "same: the network stays one unit wide. A single layer has no hidden units, and its loss is "
          "convex: it learns from any initial weights.",
      .method =
          "Networks of three layers with 32 ReLUs per hidden layer learn Fashion-MNIST: from weights that "
          "are all 0.02, from the same weights with noise of 0.01, and from random weights; so does a "
          "network with a single unit per layer. Softmax regression learns it from zero and from random "
          "weights. Each is trained with a learning rate that falls to 0, starting at the value of three "
          "that is best on validation pictures.",
      .claims = {{"units differ",
                  on_every_seed(at_most("equal start: largest difference between units of a layer after "
                                        "training, relative to their largest output",
                                        1e-6))},
                 {"equal over narrow",
                  at_most("test accuracy, equal start minus a network of one unit per layer", 0.1,
                          Unit::points)},
                 {"drawn over equal",
                  at_least("test accuracy, random weights minus equal start", 0.2, Unit::points)},
                 {"one layer",
                  on_every_seed(between("one layer: test accuracy, from zero minus from random weights",
                                        -0.01, 0.01, Unit::points))}},
      .controls = {{"noise over equal",
                    on_every_seed(
                        at_least("noise of 0.01 on the equal weights: test accuracy minus equal start", 0.2,
                                 Unit::points))},
                   {"noisy units differ", at_least("with that noise: the difference between units", 0.01)}},
      .charts = {{"accuracy",
                  bar_chart("Test accuracy by how the weights begin (flat: a single layer)", "",
                            "test accuracy, %",
                            {"equal", "1 unit", "equal + noise", "drawn", "1 layer, zero", "1 layer, drawn"},
                            {{"chance", 10}})}},
      .fine_print =
          "Not the value is harmful but the symmetry: noise of 0.01 is enough to break it, and so would be "
          "dropout. Biases may start equal, and usually do. The units stay the same almost to the last bit; "
          "if sums are computed in another order for another unit, rounding can separate them in the end.",
      .sources = {"Rumelhart, Hinton & Williams, Learning representations by back-propagating errors, 1986"},
      .cause = "The equal start: the weights are random.",
      .run = run};
}

}  // namespace fathom::interview::q06
