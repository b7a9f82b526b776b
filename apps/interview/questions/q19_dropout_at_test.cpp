/// Question 19: is dropout used at test time?
///
/// A network that was trained with dropout looks at the same test pictures twice in training mode, where
/// every pass draws its own masks, and twice in evaluation mode, where there are none. Then many masked
/// passes are averaged and put beside the evaluation output, for a network with ReLUs and for one without.
#include "interview/material/masked_passes.hpp"
#include "interview/material/question.hpp"

namespace fathom::interview::q19 {
namespace {

enum Purpose : std::uint64_t { training_pictures, test_pictures, weights, order, training_masks, test_masks };

/// Without batch norm, which would make the modes differ for reasons of its own.
Model trained(Activation activation, double dropout, const Examples& training, const Setting& setting) {
  Model net = built(models::MlpOptions{.input = {1, kHalfSide, kHalfSide},
                                       .hidden = {64, 64, 64},
                                       .dropout = dropout,
                                       .batch_norm = false,
                                       .activation = activation},
                    {0.286F, 0.32F}, setting.random(weights));
  net->set_dropout_generator(setting.random(training_masks));
  fit(*net, training, {setting.size(1500, 500), 64, with_adam(2e-3)}, setting.random(order));
  net->set_dropout_generator(setting.random(test_masks));
  return net;
}

double share_right(const torch::Tensor& scores, const Examples& test) {
  return share(scores.argmax(1) == test.labels);
}

double largest_gap(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

/// Share of the logits whose mean over the masks lies within three of its standard errors of the evaluation
/// output. Were the expectations equal, 99.7 % would.
double share_within_3_standard_errors(models::ImageModel& net, const Examples& test, std::int64_t masks) {
  const MaskedPasses passes = masked_passes(net, test.inputs, masks);
  const double rounding = 1e-5 * passes.largest_logit();
  return share(passes.gap().abs() <= 3 * passes.standard_error() + rounding);
}

/// What a hundred masked passes say, one by one and together.
struct MonteCarlo {
  std::vector<double> passes, accuracy;  ///< of the average of the first 1, 2, 3, ... passes
  double accuracy_of_one = 0;            ///< mean over the passes
  double changed = 0;                    ///< share of the pictures named otherwise than in the pass before
  /// Accuracy of evaluation mode on pictures that a pass names as the one before did, minus that on the
  /// others; 0 where there are no others.
  double doubt_told = 0;
};

MonteCarlo monte_carlo(models::ImageModel& net, const Examples& test) {
  const torch::Tensor evaluation = evaluation_logits(net, test.inputs);
  const torch::Tensor right = evaluation.argmax(1) == test.labels;
  MonteCarlo result;
  MaskedPasses all(evaluation);
  torch::Tensor before;  // the classes that the last pass named
  std::int64_t done = 0;
  double disputed = 0, disputed_and_right = 0;
  for (const std::int64_t count : {1, 2, 3, 5, 10, 20, 50, 100}) {
    for (; done < count; ++done) {
      const torch::Tensor masked = masked_logits(net, test.inputs), named = masked.argmax(1);
      all.add(masked);
      result.accuracy_of_one += share_right(masked, test);
      if (done > 0) {
        const torch::Tensor differs = named != before;
        disputed += differs.sum().item<double>();
        disputed_and_right += (differs & right).sum().item<double>();
      }
      before = named;
    }
    result.passes.push_back(static_cast<double>(count));
    result.accuracy.push_back(share_right(all.probabilities(), test));
  }
  result.accuracy_of_one /= static_cast<double>(done);
  const double seen = static_cast<double>((done - 1) * test.size());
  const double seen_and_right = static_cast<double>(done - 1) * right.sum().item<double>();
  result.changed = disputed / seen;
  if (disputed > 0)
    result.doubt_told =
        (seen_and_right - disputed_and_right) / (seen - disputed) - disputed_and_right / disputed;
  return result;
}

Trial run(const Setting& setting) {
  const double p = setting.without_cause ? 0 : 0.3;
  const Examples training =
      small_clothes(setting, data::Split::train, setting.size(8000, 4000), training_pictures);
  const Examples test = small_clothes(setting, data::Split::test, 2000, test_pictures);

  const Model net = trained(Activation::relu, p, training, setting);
  const torch::Tensor evaluation = evaluation_logits(*net, test.inputs);
  const double evaluation_gap = largest_gap(evaluation_logits(*net, test.inputs), evaluation);
  const MonteCarlo average = monte_carlo(*net, test);
  const double in_evaluation = share_right(evaluation, test);

  const Model linear = trained(Activation::identity, p, training, setting);
  const std::int64_t masks = setting.size(1500, 500);
  const Examples some = test.first(400);
  const double linear_share = share_within_3_standard_errors(*linear, some, masks);
  const double bent_share = share_within_3_standard_errors(*net, some, masks);

  const Model undropped = trained(Activation::relu, 0, training, setting);
  const double gap_without_dropout =
      largest_gap(masked_logits(*undropped, test.inputs), evaluation_logits(*undropped, test.inputs));
  return {.figures = {{"class changes", average.changed},
                      {"one pass", in_evaluation - average.accuracy_of_one},
                      {"evaluation repeats", evaluation_gap},
                      {"linear", linear_share},
                      {"ReLU", bent_share},
                      {"average", average.accuracy.back() - average.accuracy_of_one},
                      {"doubt", average.doubt_told},
                      {"no dropout", gap_without_dropout}},
          .series = {{"accuracy", "average of masked passes", average.passes, percent(average.accuracy)},
                     {"accuracy", "evaluation mode", average.passes,
                      percent(std::vector<double>(average.passes.size(), in_evaluation))}}};
}

}  // namespace

Experiment dropout_at_test() {
  return {
      .question = "Is dropout used at test time?",
      .answer =
          "No. At test time it would only make the predictions random and worse. All units are kept. In "
          "training, the kept units were scaled by 1 / (1 - p), so nothing else has to be done: the output "
          "of the network is the average output of the masked ones.",
      .method =
          "A network of four dense layers learns clothes with dropout, p = 0.3, and classifies the same test "
          "pictures in both modes. Then the logits of many masked passes are averaged and compared with "
          "those of evaluation mode, for this network and for one without ReLUs.",
      .claims =
          {{"class changes",
            at_least("training mode: test pictures whose class changes from one pass to the next", 0.05,
                     Unit::percent)},
           {"one pass", at_least("test accuracy, evaluation mode minus one masked pass", 0.01, Unit::points)},
           {"evaluation repeats",
            on_every_seed(at_most("evaluation mode: largest difference between two passes", 0))},
           {"linear", at_least("without ReLU: logits whose mean over the masks is within 3 standard errors "
                               "of evaluation mode",
                               0.99, Unit::percent)},
           {"ReLU", caveat("Evaluation mode is the mean over the masks only if the network is linear.",
                           on_every_seed(at_most("with ReLU: the same share", 0.9, Unit::percent)))},
           {"average", at_least("test accuracy, average of 100 masked passes minus one masked pass", 0.01,
                                Unit::points)},
           {"doubt",
            caveat("Dropout at test time can be useful: if two masked passes agree, the network is right "
                   "more often.",
                   at_least(
                       "test accuracy of pictures on which two masked passes agree, minus that of the others",
                       0.1, Unit::points))}},
      .controls = {{"no dropout", on_every_seed(at_most(
                                      "p = 0: largest difference between training and evaluation mode", 0))}},
      .charts = {{"accuracy", line_chart("Test accuracy of masked passes, averaged",
                                         log_scale("number of masked passes"), "test accuracy, %")}},
      .fine_print =
          "\"The average output of the masked networks\" is exact only in a linear network: with ReLUs, the "
          "mean over the masks differs from evaluation mode, although the predicted classes are nearly the "
          "same. And dropout is sometimes kept at test time on purpose. Monte Carlo dropout averages many "
          "masked passes; this is about as accurate as evaluation mode and many times as expensive, but the "
          "disagreement of the passes shows where the network is uncertain.",
      .sources = {"Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov, Dropout: a simple way to "
                  "prevent neural networks from overfitting, 2014",
                  "Baldi & Sadowski, Understanding dropout, 2013",
                  "Gal & Ghahramani, Dropout as a Bayesian approximation: representing model uncertainty in "
                  "deep learning, 2016"},
      .cause = "Dropout: p = 0 everywhere.",
      .run = run};
}

}  // namespace fathom::interview::q19
