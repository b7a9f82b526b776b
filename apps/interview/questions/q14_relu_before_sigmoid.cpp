/// Question 14: a ReLU, and then a sigmoid as the output?
///
/// A network learns to tell coats from dresses, once with a ReLU between its last layer and the sigmoid and
/// once without. What probabilities can it give, what does it say by which rule, and what becomes of a start
/// at which the ReLU lets nothing through?
#include "interview/material/question.hpp"

namespace fathom::interview::q14 {
namespace {

enum Purpose : std::uint64_t {
  training_pictures,
  validation_pictures,
  test_pictures,
  weights,
  other_weights,
  order
};

constexpr std::int64_t kDress = 3, kCoat = 4;  // labels in Fashion-MNIST

/// Half dresses, label 0, and half coats, label 1.
Examples dresses_and_coats(const data::ImageSet& set, std::int64_t begin, std::int64_t each,
                           torch::Generator random) {
  std::vector<torch::Tensor> chosen;
  for (const std::int64_t label : {kDress, kCoat}) {
    const torch::Tensor all = (set.labels == label).nonzero().squeeze(1);
    chosen.push_back(all.index_select(0, torch::randperm(all.size(0), random, torch::kLong))
                         .slice(0, begin, begin + each));
  }
  const torch::Tensor indices = torch::cat(chosen);
  return halved({data::to_unit_range(set.images.index_select(0, indices)),
                 (set.labels.index_select(0, indices) == kCoat).to(torch::kLong)});
}

Parts drawn(const Setting& setting) {
  const auto& train = setting.data("fashion-mnist", data::Split::train);
  const auto& test = setting.data("fashion-mnist", data::Split::test);
  // The same permutation for both parts of the training set, so that they do not overlap.
  return {dresses_and_coats(train, 0, 1000, setting.random(training_pictures)),
          dresses_and_coats(train, 1000, 500, setting.random(training_pictures)),
          dresses_and_coats(test, 0, 1000, setting.random(test_pictures))};
}

Model network(torch::Generator random) {
  return built(plain_mlp({1, kHalfSide, kHalfSide}, {64, 32}, {.classes = 1}), {0.29F, 0.33F},
               std::move(random));
}

/// The probability of a coat is the sigmoid of what comes out of the network, through the ReLU or as it is.
struct Detector {
  Model net;
  bool with_relu = false;

  torch::Tensor logits(const torch::Tensor& images) const {  // [N]
    const torch::Tensor z = net->forward(images).squeeze(1);
    return with_relu ? torch::relu(z) : z;
  }
};

void train(const Detector& detector, const Examples& examples, std::int64_t steps, double rate,
           torch::Generator random) {
  // A sigmoid of z is a softmax over 0 and z, and the losses are the same.
  const Network two_logits = [&](const torch::Tensor& images) {
    const torch::Tensor z = detector.logits(images);
    return torch::stack({torch::zeros_like(z), z}, 1);
  };
  fit(*detector.net, two_logits, examples, {steps, 64, with_adam(rate)}, std::move(random));
}

/// The cross-entropy of each sample: float [N].
torch::Tensor losses(const Detector& detector, const Examples& examples) {
  const torch::NoGradGuard no_grad;
  return torch::binary_cross_entropy_with_logits(
      detector.logits(examples.inputs), examples.labels.to(torch::kFloat), {}, {}, at::Reduction::None);
}

constexpr std::array kRates = {3e-4, 1e-3, 3e-3};

/// The best of three starts and three rates by its loss on the validation pictures. Several starts, because
/// behind the ReLU some never learn.
Detector best_trained(bool with_relu, const Parts& data, const Setting& setting) {
  const torch::Generator random = setting.random(weights);
  Detector best;
  double least_loss = HUGE_VAL;
  for (int start = 0; start < 3; ++start) {
    const Model untrained = network(random);
    for (const double rate : kRates) {
      const Detector detector{models::copy_of(*untrained), with_relu};
      train(detector, data.training, setting.size(400, 250), rate, setting.random(order));
      const double loss = losses(detector, data.validation).mean().item<double>();
      if (loss < least_loss) least_loss = loss, best = detector;
    }
  }
  return best;
}

/// What a trained network says of the test pictures.
struct Said {
  torch::Tensor probabilities, labels, losses;  ///< [N]

  torch::Tensor of_class(const torch::Tensor& values, bool coat) const {
    return values.masked_select(labels == (coat ? 1 : 0));
  }
  double accuracy(const torch::Tensor& called_coat) const {
    return share(called_coat.to(torch::kLong) == labels);
  }
  /// The chance that a coat has a larger probability than a dress; as large counts half.
  double area_under_roc() const {
    const torch::Tensor lead =
        of_class(probabilities, true).unsqueeze(1) - of_class(probabilities, false).unsqueeze(0);
    return (share(lead > 0) + share(lead >= 0)) / 2;
  }
};

Said said(const Detector& detector, const Examples& examples) {
  const torch::NoGradGuard no_grad;
  return {detector.logits(examples.inputs).sigmoid(), examples.labels, losses(detector, examples)};
}

bool nothing_passes(const Detector& detector, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  return detector.logits(images).eq(0).all().item<bool>();
}

/// What becomes of 80 starts after 25 steps at a large rate.
struct Starts {
  double dead_share = 0;        ///< no training picture gets through the ReLU, so that there is no gradient
  double moved = std::nan("");  ///< in 25 more steps of the first dead one, by its parameter that moved most
};

Starts after_few_steps(bool with_relu, const Examples& training, const Setting& setting) {
  const torch::Generator random = setting.random(other_weights);
  constexpr int count = 80, steps = 25;
  constexpr double rate = 0.01;
  Starts starts;
  for (int i = 0; i < count; ++i) {
    const Detector detector{network(random), with_relu};
    train(detector, training, steps, rate, setting.random(order));
    if (!nothing_passes(detector, training.inputs)) continue;
    starts.dead_share += 1.0 / count;
    if (!std::isnan(starts.moved)) continue;

    const Model before = models::copy_of(*detector.net);
    train(detector, training, steps, rate, setting.random(order));
    const auto old = before->parameters(), now = detector.net->parameters();
    starts.moved = 0;
    for (std::size_t k = 0; k < now.size(); ++k)
      starts.moved = std::max(starts.moved, (now[k] - old[k]).abs().max().item<double>());
  }
  return starts;
}

/// Accuracy, %, by the rule "a coat where p >= threshold".
TrialSeries over_thresholds(const std::string& name, const Said& said) {
  TrialSeries curve{"thresholds", name};
  for (int i = 0; i <= 200; ++i) {
    const double threshold = i / 200.0;
    curve.add(threshold, 100 * said.accuracy(said.probabilities >= threshold));
  }
  return curve;
}

/// Shares of a class, %, below, at and above one half.
TrialSeries around_one_half(const std::string& name, const Said& said, bool coat) {
  const torch::Tensor p = said.of_class(said.probabilities, coat);
  return percent_by_category("probabilities", name, {share(p < 0.5), share(p == 0.5), share(p > 0.5)});
}

Trial run(const Setting& setting) {
  const bool relu = !setting.without_cause;
  const Parts data = drawn(setting);
  const Said with = said(best_trained(relu, data, setting), data.test);
  const Said without = said(best_trained(false, data, setting), data.test);
  const Starts starts = after_few_steps(relu, data.training, setting);
  const Starts starts_without = after_few_steps(false, data.training, setting);

  return {.figures = {{"smallest p", with.probabilities.min().item<double>()},
                      {"called coats", share(with.probabilities >= 0.5)},
                      {"smallest loss", with.of_class(with.losses, false).min().item<double>()},
                      {"above one half", with.accuracy(with.probabilities > 0.5)},
                      {"ranking", with.area_under_roc()},
                      {"dead", starts.dead_share},
                      {"moved", starts.moved},
                      {"accuracy without", without.accuracy(without.probabilities >= 0.5)},
                      {"called coats without", share(without.probabilities >= 0.5)},
                      {"dead without", starts_without.dead_share}},
          .series = {over_thresholds("with the ReLU", with), over_thresholds("without", without),
                     around_one_half("dresses, with the ReLU", with, false),
                     around_one_half("coats, with the ReLU", with, true),
                     around_one_half("dresses, without", without, false),
                     around_one_half("coats, without", without, true)}};
}

}  // namespace

Experiment relu_before_sigmoid() {
  return {
      .question = "What happens if the output is a sigmoid after a ReLU?",
      .answer =
          "A ReLU has no output below 0, and the sigmoid of 0 is one half, so no probability can be below "
          "one half. With the rule that p >= 0.5 means yes, the network says yes to everything, and each no "
          "costs at least ln 2, however long it trains.",
      .method =
          "A network of three dense layers learns to distinguish coats (yes) from dresses (no), 1000 "
          "pictures of each from Fashion-MNIST pooled to 14 x 14, with a ReLU before its sigmoid and "
          "without. Each is the best of three starts and three learning rates by the loss on 1000 other "
          "pictures, and is tested on 2000. Then 80 starts of each kind are trained for 25 steps at a large "
          "rate, and checked "
          "for any training picture that still passes the ReLU.",
      .claims = {{"smallest p", on_every_seed(at_least("with the ReLU: smallest p of a test picture", 0.5))},
                 {"called coats",
                  on_every_seed(at_least("share of test pictures called a coat where p >= 0.5 is a coat", 1,
                                         Unit::percent))},
                 {"smallest loss",
                  on_every_seed(at_least("smallest loss on a dress, at least ln 2", 0.6931))},
                 {"above one half",
                  at_least("the same network, accuracy where p > 0.5 is a coat", 0.9, Unit::percent)},
                 {"ranking", caveat("If training does not die, the ranking survives the ReLU; the threshold "
                                    "of 0.5 is the problem.",
                                    at_least("area under its ROC curve", 0.9))},
                 {"dead", on_every_seed(
                              at_least("share of 80 starts whose ReLU is 0 for every picture after 25 steps",
                                       0.01, Unit::percent))},
                 {"moved", on_every_seed(between(
                               "largest change of a parameter of such a network in 25 more steps", 0, 0))}},
      .controls = {{"accuracy without",
                    at_least("without the ReLU: accuracy where p >= 0.5 is a coat", 0.9, Unit::percent)},
                   {"called coats without",
                    between("without it: share called a coat", 0.4, 0.6, Unit::percent)},
                   {"dead without",
                    on_every_seed(between("without it: the same share of 80 starts", 0, 0, Unit::percent))}},
      .charts = {{"thresholds", line_chart("Accuracy over the threshold: p at least this means a coat",
                                           "threshold", "test accuracy, %", {{"chance", 50}})},
                 {"probabilities",
                  bar_chart("Probabilities of the test pictures", "probability of a coat",
                            "share of the class, %", {"below 0.5", "0.5 exactly", "above 0.5"})}},
      .fine_print =
          "The rule loses the class more than the network does. Pictures that the ReLU blocks have p = 0.5 "
          "exactly, the others have more. If p > 0.5 means yes, the same rule except for equality, the "
          "network that said yes to everything is right about as often as the one without the ReLU, and it "
          "still ranks coats before dresses. The permanent losses are the meaning of the probabilities, the "
          "order among the pictures at 0.5, and in some runs the training: once every picture is blocked, "
          "there is no gradient, and the network does not change any more. The cure is to feed the output of "
          "the last layer directly into the sigmoid.",
      .sources =
          {"Glorot, Bordes & Bengio, Deep sparse rectifier neural networks, 2011",
           "Lu, Shin, Su & Karniadakis, Dying ReLU and initialization: theory and numerical examples, 2020",
           "Fawcett, An introduction to ROC analysis, 2006"},
      .cause = "The ReLU before the sigmoid: neither network has it.",
      .run = run};
}

}  // namespace fathom::interview::q14
