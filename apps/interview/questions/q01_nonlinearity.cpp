/// Question 1: why are non-linearities needed?
///
/// Two networks that differ only in what lies between their layers, ReLU or nothing, learn two tasks on
/// points in the plane: two spirals wound into each other, which no straight line separates, and two clouds,
/// which one does.
#include <numbers>

#include "interview/material/question.hpp"

namespace fathom::interview::q01 {
namespace {

enum Purpose : std::uint64_t { training_points, test_points, weights, order };

constexpr int kLayers = 5;

/// Points in the unit square as pictures of two pixels, as the library's networks take them.
Examples points(const torch::Tensor& x, const torch::Tensor& y, const torch::Tensor& labels) {
  return {torch::stack({x, y}, 1).view({-1, 1, 1, 2}), labels};
}

/// Each class winds one and a half times around the middle; they are half a turn apart.
Examples spirals(std::int64_t count, torch::Generator random) {
  const torch::Tensor labels = torch::arange(count, torch::kLong) % 2;
  // The root puts as many points on every piece of the line.
  const torch::Tensor along = torch::rand({count}, random).sqrt();
  const torch::Tensor angle = 3 * std::numbers::pi * along + std::numbers::pi * labels;
  const torch::Tensor noise = 0.01 * torch::randn({2, count}, random);
  return points(0.5 + 0.45 * along * angle.cos() + noise[0], 0.5 + 0.45 * along * angle.sin() + noise[1],
                labels);
}

Examples clouds(std::int64_t count, torch::Generator random) {
  const torch::Tensor labels = torch::arange(count, torch::kLong) % 2;
  const torch::Tensor noise = 0.08 * torch::randn({2, count}, random);
  return points(0.25 + 0.5 * labels + noise[0], 0.5 + noise[1], labels);
}

Model network(Activation activation, const Setting& setting) {
  const std::vector<std::int64_t> hidden(kLayers - 1, 32);
  return built(plain_mlp({1, 1, 2}, hidden, {.classes = 2, .activation = activation}), {0.5F, 0.25F},
               setting.random(weights));
}

/// Test accuracy at the learning rate that suits this network best, of the same three for all.
double learned(Activation activation, const Parts& data, const Setting& setting) {
  return best_of({1e-3, 3e-3, 1e-2}, [&](double rate) {
    const Model net = network(activation, setting);
    fit(*net, data.training, {setting.size(2000, 1000), 64, with_adam(rate)}, setting.random(order));
    return accuracy(*net, data.test);
  });
}

/// The layers' matrices multiplied together, and their biases sent through: one matrix [2, 3] that does what
/// the whole network does to a point with a 1 below it. In double precision, so that it is exact to the
/// network's own rounding.
torch::Tensor folded(const models::ImageModel& net) {
  torch::Tensor all;
  const auto parameters = net.named_parameters();
  const auto layer = [&](const std::string& name) {
    const torch::Tensor weight = parameters[name + ".weight"].detach().to(torch::kDouble);
    const torch::Tensor bias = parameters[name + ".bias"].detach().to(torch::kDouble).unsqueeze(1);
    const torch::Tensor whole = torch::cat({weight, bias}, 1);
    if (!all.defined()) {
      all = whole;
      return;
    }
    const torch::Tensor product = weight.mm(all);
    product.select(1, -1) += bias.squeeze(1);
    all = product;
  };
  for (int i = 1; i < kLayers; ++i) layer("dense" + std::to_string(i));
  layer("head");
  return all;
}

/// How far the network is from one matrix, relative to its largest logit.
double gap_to_one_matrix(Activation activation, const Parts& data, const Setting& setting) {
  const Model net = network(activation, setting);
  fit(*net, data.training, {200, 64, with_adam(3e-3)}, setting.random(order));
  net->eval();
  const torch::NoGradGuard no_grad;
  const torch::Tensor logits = net->forward(data.test.inputs).to(torch::kDouble);
  const torch::Tensor x = ((data.test.inputs - 0.5) / 0.25).flatten(1).to(torch::kDouble);
  const torch::Tensor with_one = torch::cat({x, torch::ones({x.size(0), 1}, torch::kDouble)}, 1);
  const torch::Tensor by_matrix = with_one.mm(folded(*net).t());
  return ((by_matrix - logits).abs().max() / logits.abs().max()).item<double>();
}

Trial run(const Setting& setting) {
  const Activation bent = setting.without_cause ? Activation::identity : Activation::relu;
  const auto drawn = [&](Examples (*task)(std::int64_t, torch::Generator)) {
    return Parts{.training = task(1000, setting.random(training_points)),
                 .test = task(1000, setting.random(test_points))};
  };
  const Parts spiral = drawn(spirals), cloud = drawn(clouds);

  const double with_relu = learned(bent, spiral, setting);
  const double without = learned(Activation::identity, spiral, setting);
  const double easy_with_relu = learned(bent, cloud, setting);
  const double easy_without = learned(Activation::identity, cloud, setting);
  return {.figures = {{"spirals", with_relu - without},
                      {"gap without ReLU", gap_to_one_matrix(Activation::identity, spiral, setting)},
                      {"gap with ReLU", gap_to_one_matrix(bent, spiral, setting)},
                      {"clouds", easy_with_relu - easy_without}},
          .series = {percent_by_category("accuracy", "with ReLU", {with_relu, easy_with_relu}),
                     percent_by_category("accuracy", "without", {without, easy_without})}};
}

}  // namespace

Experiment nonlinearity() {
  return {
      .question = "Why are non-linearities needed?",
      .answer =
          "A linear map of a linear map is a linear map. Without non-linearities between its layers, a "
          "network of any depth can do no more than a single layer: separate the classes by a straight line.",
      .method =
          "A network of five dense layers learns to separate two spirals, with ReLU between the layers and "
          "without, each at the best of three learning rates. Then the matrices of a trained network are "
          "multiplied together, and the product is compared with the network.",
      .claims = {{"spirals",
                  at_least("test accuracy on two spirals, with ReLU minus without", 0.25, Unit::points)},
                 {"gap without ReLU",
                  on_every_seed(at_most("without ReLU: largest gap between the network and the product of "
                                        "its matrices, relative to the largest logit",
                                        1e-5))},
                 {"gap with ReLU", on_every_seed(at_least("with ReLU: the same gap", 0.1))}},
      .controls = {{"clouds",
                    between("test accuracy on two linearly separable clouds, with ReLU minus without", -0.01,
                            0.01, Unit::points)}},
      .charts = {{"accuracy",
                  bar_chart("Test accuracy with and without a non-linearity", "task", "test accuracy, %",
                            {"two spirals", "two clouds"}, {{"chance", 50}})}},
      .fine_print =
          "The deep linear network can only compute what one layer can, but it does not learn like one "
          "layer: its loss is not convex, and training passes through plateaus and sudden drops.",
      .sources = {"Saxe, McClelland & Ganguli, Exact solutions to the nonlinear dynamics of learning in "
                  "deep linear neural networks, 2013"},
      .cause = "ReLU: neither network has a non-linearity between its layers.",
      .run = run};
}

}  // namespace fathom::interview::q01
