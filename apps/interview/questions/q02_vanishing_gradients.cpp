/// Question 2: what helps against vanishing gradients?
///
/// Networks of 20 hidden layers, with sigmoid, tanh and ReLU, start from weights drawn three ways: small
/// ones, Xavier's and He's. How large is the gradient of the loss at the first hidden layer, compared with
/// that at the last? Then the sigmoids, and tanh and ReLU with the start that fits them, learn to name
/// pictures of clothes, each at its best learning rate: which of them can?
#include <torch/csrc/autograd/autograd.h>

#include "interview/material/question.hpp"

namespace fathom::interview::q02 {
namespace {

enum Purpose : std::uint64_t { pictures, order, weights };  // weights of draw i: weights + i

/// Pictures of T-shirts, trousers, sandals and bags, which a network that learns at all can tell apart.
constexpr std::array<std::int64_t, 4> kKinds = {0, 1, 5, 8};

Examples drawn(const data::ImageSet& set, std::int64_t count, torch::Generator random) {
  const torch::Tensor labels = places_among(kKinds, set.labels);
  const torch::Tensor wanted = (labels >= 0).nonzero().squeeze(1);
  const torch::Tensor chosen =
      wanted.index_select(0, torch::randperm(wanted.size(0), random, torch::kLong).narrow(0, 0, count));
  return halved({data::to_unit_range(set.images.index_select(0, chosen)), labels.index_select(0, chosen)});
}

constexpr std::int64_t kDeep = 20, kShallow = 2, kWidth = 64;

constexpr std::array<Activation, 3> kActivations = {Activation::sigmoid, Activation::tanh, Activation::relu};
constexpr std::array<const char*, 3> kActivationNames = {"sigmoid", "tanh", "ReLU"};
enum ActivationIndex : std::size_t { sigmoid, tanh, relu };

/// How the first weights are drawn. Small: N(0, 0.01^2) whatever the layer's width, as was usual before.
enum StartIndex : std::size_t { small, xavier, he };

/// Values of all nine: [activation][start].
template <typename Value>
using Grid = std::array<std::array<Value, 3>, 3>;

Model network(std::size_t activation, std::size_t start, std::int64_t layers, std::uint64_t draw,
              const Setting& setting) {
  torch::Generator random = setting.random(weights + draw);
  Model net = built(plain_mlp({1, kHalfSide, kHalfSide}, std::vector<std::int64_t>(layers, kWidth),
                              {.classes = 4,
                               .activation = kActivations[setting.without_cause ? sigmoid : activation],
                               .init = start == he ? nn::Init::he : nn::Init::xavier}),
                    {0.286F, 0.353F}, random);
  if (start != small) return net;
  const torch::NoGradGuard no_grad;
  for (torch::Tensor& parameter : net->parameters())
    if (parameter.dim() == 2) parameter.normal_(0, 0.01, random);
  return net;
}

/// Common logarithms of gradients' norms, layer by layer, as means over several draws of the weights.
struct Norms {
  torch::Tensor at_activations;  ///< [layers]
  torch::Tensor at_weights;      ///< [layers]

  /// The norm at a layer over that at the last hidden layer; layers count from 0.
  static double over_last(const torch::Tensor& norms, std::int64_t layer) {
    return std::pow(10, (norms[layer] - norms[-1]).item<double>());
  }
  double ratio() const { return over_last(at_activations, 0); }
  /// From the second layer, since the first has a matrix of another shape.
  double weight_ratio() const { return over_last(at_weights, 1); }
};

/// In double precision, because some of these norms are smaller than any float.
Norms gradient_norms(std::size_t activation, std::size_t start, std::int64_t layers, const Examples& examples,
                     const Setting& setting) {
  const auto draws = static_cast<std::uint64_t>(setting.size(12, 6));
  Norms mean{torch::zeros({layers}, torch::kDouble), torch::zeros({layers}, torch::kDouble)};
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    const Model net = network(activation, start, layers, draw, setting);
    net->to(torch::kDouble);
    const auto stages = net->activations(examples.inputs.to(torch::kDouble), net->stages().size());
    const torch::Tensor loss = torch::cross_entropy_loss(stages.back(), examples.labels);
    std::vector<torch::Tensor> asked(stages.begin(), stages.end() - 1);  // without the logits
    for (const torch::Tensor& parameter : net->parameters())
      if (parameter.dim() == 2) asked.push_back(parameter);
    const auto gradients = torch::autograd::grad({loss}, asked);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      const auto i = static_cast<std::size_t>(layer);
      mean.at_activations[layer] += gradients[i].norm().log10() / static_cast<double>(draws);
      mean.at_weights[layer] +=
          gradients[i + static_cast<std::size_t>(layers)].norm().log10() / static_cast<double>(draws);
    }
  }
  return mean;
}

/// Test accuracy at the learning rate that suits it best, of the same three for all.
double learned(std::size_t activation, std::size_t start, std::int64_t layers, const Parts& data,
               const Setting& setting) {
  return best_of({0.003, 0.03, 0.3}, [&](double rate) {
    const Model net = network(activation, start, layers, 0, setting);
    fit(*net, data.training, {setting.size(500, 150), 32, {.learning_rate = rate}}, setting.random(order));
    return accuracy(*net, data.test);
  });
}

/// Those that are trained: sigmoid with every start, and the two that are to do better.
struct Learner {
  ActivationIndex activation;
  StartIndex start;
};
constexpr std::array<Learner, 5> kLearners = {
    {{sigmoid, small}, {sigmoid, xavier}, {sigmoid, he}, {tanh, xavier}, {relu, he}}};

/// The accuracy of each of them.
std::vector<double> all_learned(std::int64_t layers, const Parts& data, const Setting& setting) {
  std::vector<double> accuracies;
  for (const Learner& learner : kLearners)
    accuracies.push_back(learned(learner.activation, learner.start, layers, data, setting));
  return accuracies;
}

/// The norm at every layer over that at the last.
TrialSeries along_layers(const char* name, const Norms& norms) {
  TrialSeries curve{"layers", name};
  for (std::int64_t layer = 0; layer < kDeep; ++layer)
    curve.add(layer + 1, Norms::over_last(norms.at_activations, layer));
  return curve;
}

double best_sigmoid(const std::vector<double>& accuracies) {
  return std::max({accuracies[0], accuracies[1], accuracies[2]});
}

TrialSeries bars(const char* name, const std::vector<double>& accuracies) {
  return percent_by_category("accuracy", name, {best_sigmoid(accuracies), accuracies[3], accuracies[4]});
}

Trial run(const Setting& setting) {
  const auto of = [&](data::Split split, std::int64_t count) {
    return drawn(setting.data("fashion-mnist", split), count, setting.random(pictures));
  };
  const Parts data{.training = of(data::Split::train, 1000),
                   .test = of(data::Split::test, setting.size(1000, 500))};
  const Examples some = data.training.first(setting.size(100, 50));

  Grid<Norms> norms;
  Grid<double> ratio{};
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t s = 0; s < 3; ++s) {
      norms[a][s] = gradient_norms(a, s, kDeep, some, setting);
      ratio[a][s] = norms[a][s].ratio();
    }
  const Norms shallow = gradient_norms(sigmoid, xavier, kShallow, some, setting);
  const std::vector<double> of_deep = all_learned(kDeep, data, setting);
  const std::vector<double> of_shallow = all_learned(kShallow, data, setting);

  Trial trial{
      .figures = {{"sigmoid", std::ranges::max(ratio[sigmoid])},
                  {"tanh over sigmoid", ratio[tanh][xavier] / ratio[sigmoid][xavier]},
                  {"tanh, Xavier over small", ratio[tanh][xavier] / ratio[tanh][small]},
                  {"ReLU, He", ratio[relu][he]},
                  {"ReLU, Xavier", ratio[relu][xavier]},
                  {"ReLU, small", ratio[relu][small]},
                  {"ReLU, small, by weights", norms[relu][small].weight_ratio()},
                  {"tanh and ReLU learn", std::min(of_deep[3], of_deep[4])},
                  {"sigmoid learns", best_sigmoid(of_deep)},
                  {"shallow ones learn", std::ranges::min(of_shallow)},
                  {"shallow sigmoid", shallow.ratio()}},
      .series = {along_layers("ReLU, He", norms[relu][he]), along_layers("ReLU, Xavier", norms[relu][xavier]),
                 along_layers("tanh, Xavier", norms[tanh][xavier]),
                 along_layers("sigmoid, He", norms[sigmoid][he]),
                 along_layers("sigmoid, Xavier", norms[sigmoid][xavier]), bars("20 hidden layers", of_deep),
                 bars("2 hidden layers", of_shallow)}};
  for (std::size_t a = 0; a < 3; ++a)
    trial.series.push_back(
        by_category("starts", kActivationNames[a],
                    {std::log10(ratio[a][small]), std::log10(ratio[a][xavier]), std::log10(ratio[a][he])}));
  return trial;
}

}  // namespace

Experiment vanishing_gradients() {
  return {
      .question = "What helps against vanishing gradients?",
      .answer =
          "ReLU and Xavier's initialisation. In the backward pass, the gradient is multiplied by the weights "
          "of every layer and by the slope of every activation, which is at most 1/4 for a sigmoid but 1 for "
          "an active ReLU. Weights of the right size keep the product of all these factors near one.",
      .method =
          "Networks of 20 hidden layers of 64 units, with sigmoid, tanh or ReLU, start from small weights "
          "(standard deviation 0.01), from Xavier's or from He's. The norm of the loss's gradient at the "
          "activations of the first hidden layer is divided by that at the last, as the geometric mean over "
          "several draws of the weights. Then sigmoid with every initialisation, tanh with Xavier's and ReLU "
          "with He's learn to distinguish T-shirts, trousers, sandals and bags of Fashion-MNIST (1000 "
          "pictures, pooled to 14 x 14) by gradient descent with momentum, each at the best of three "
          "learning rates from "
          "0.003 to 0.3.",
      .claims =
          {{"sigmoid",
            geometric(at_most("gradient, first hidden layer / last: sigmoid, with its best initialisation",
                              1e-6, Unit::times))},
           {"tanh over sigmoid",
            geometric(
                at_least("that ratio, tanh / sigmoid, both with Xavier's initialisation", 1e3, Unit::times))},
           {"tanh, Xavier over small",
            geometric(at_least("that ratio, Xavier's initialisation / small weights, both with tanh", 1e3,
                               Unit::times))},
           {"ReLU, He",
            geometric(between("that ratio, ReLU with He's initialisation", 0.1, 10, Unit::times))},
           {"ReLU, Xavier",
            caveat("ReLU alone does not cure a vanishing gradient: with Xavier's initialisation, the "
                   "gradient still fades through 20 layers. The initialisation must fit the activation, and "
                   "ReLU needs He's.",
                   geometric(at_most("that ratio, ReLU with Xavier's initialisation", 0.02, Unit::times)))},
           {"ReLU, small", geometric(at_most("that ratio, ReLU with small weights", 1e-6, Unit::times))},
           {"ReLU, small, by weights",
            caveat("The gradients of the weights can look healthy in a network whose gradient vanishes.",
                   geometric(
                       between("the same network, by the gradient of the weights: second hidden layer / last",
                               0.1, 10, Unit::times)))},
           {"tanh and ReLU learn",
            at_least("test accuracy, the lower of tanh with Xavier's initialisation and ReLU with He's", 0.8,
                     Unit::percent)},
           {"sigmoid learns", at_most("test accuracy, sigmoid with its best initialisation (chance is 25 %)",
                                      0.35, Unit::percent)}},
      .controls = {{"shallow ones learn",
                    at_least("2 hidden layers: the lowest test accuracy of all five", 0.5, Unit::percent)},
                   {"shallow sigmoid",
                    geometric(at_least(
                        "2 hidden layers: gradient, first / last, sigmoid with Xavier's initialisation", 0.1,
                        Unit::times))}},
      .charts = {{"layers", line_chart("Gradient of the loss in the backward pass", "hidden layer",
                                       log_scale("gradient norm / last layer's"))},
                 {"starts",
                  {.title = "Gradient, first hidden layer / last",
                   .x_label = "initialisation",
                   .y_label = "",
                   .marks = draw::Marks::cells,
                   .categories = {"small weights", "Xavier", "He"},
                   .value_label = "power of ten"}},
                 {"accuracy",
                  bar_chart("Which networks learn", "activation and initialisation", "test accuracy, %",
                            {"sigmoid, best", "tanh, Xavier", "ReLU, He"}, {{"chance", 25}})}},
      .fine_print =
          "ReLU alone is not a cure, and neither is Xavier's initialisation. The initialisation must fit the "
          "activation: Xavier's keeps the size of a signal if the slope of the activation near 0 is 1, as "
          "for tanh. A ReLU is inactive half of the time, and He's initialisation compensates for that with "
          "twice the variance; with Xavier's, the gradient shrinks by about the square root of 2 in every "
          "layer. A sigmoid would need weights so large that it saturates. Look at the gradients of the "
          "activations: the gradient of a weight is the "
          "product of a forward and a backward signal. If both shrink by the same factor in every layer, it "
          "is as small in the last layer as in the first, so their ratio shows nothing. All this describes "
          "the state before the first step; batch norm and shortcuts between layers, which came later, also "
          "keep gradients alive during training.",
      .sources =
          {"Hochreiter, Untersuchungen zu dynamischen neuronalen Netzen, 1991",
           "Bengio, Simard & Frasconi, Learning long-term dependencies with gradient descent is difficult, "
           "1994",
           "Glorot & Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010",
           "Glorot, Bordes & Bengio, Deep sparse rectifier neural networks, 2011",
           "He, Zhang, Ren & Sun, Delving deep into rectifiers, 2015"},
      .cause = "ReLU and tanh: those networks have sigmoids too.",
      .run = run};
}

}  // namespace fathom::interview::q02
