/// Question 13: what is end-to-end learning?
///
/// Clothes are told apart in two ways: by a linear classifier on histograms of oriented gradients, features
/// that were made by hand, and by a CNN from the pixels. Both learn from 200 labels and from thousands; then
/// from pictures whose pixels are shuffled, all in the same way.
#include <opencv2/imgproc.hpp>
#include <opencv2/objdetect.hpp>

#include "interview/material/question.hpp"

namespace fathom::interview::q13 {
namespace {

enum Purpose : std::uint64_t { training_pictures, test_pictures, weights, order, shuffling, places = 100 };

constexpr std::int64_t kClasses = 10, kFew = 200;

/// At half their size and moved by up to four pixels each way, in 256 shades of grey.
Examples moved_clothes(const Setting& setting, data::Split split, std::int64_t count, Purpose purpose) {
  const Examples shifted =
      moved(small_clothes(setting, split, count, purpose), 4, setting.random(places + purpose));
  return {(255 * shifted.inputs).round() / 255, shifted.labels};
}

// By hand: histograms of oriented gradients, float [N, 1296].

/// Of the picture at twice its size: in each cell of 4 x 4 pixels a histogram of nine directions, normalised
/// over each block of 2 x 2 cells that it lies in.
Examples gradients(const Examples& examples) {
  constexpr int side = 2 * kHalfSide;
  const cv::HOGDescriptor describe({side, side}, {8, 8}, {4, 4}, {4, 4}, 9);
  const torch::Tensor pixels = (255 * examples.inputs).round().to(torch::kByte).contiguous();
  torch::Tensor features =
      torch::empty({examples.size(), static_cast<std::int64_t>(describe.getDescriptorSize())});
  for (std::int64_t i = 0; i < examples.size(); ++i) {
    cv::Mat large;
    cv::resize(cv::Mat(kHalfSide, kHalfSide, CV_8U, pixels[i].data_ptr()), large, {side, side}, 0, 0,
               cv::INTER_LINEAR);
    std::vector<float> described;
    describe.compute(large, described);
    std::copy(described.begin(), described.end(), features[i].data_ptr<float>());
  }
  return {features, examples.labels};
}

/// How both learn: with a rate that falls to nothing.
FitOptions annealed(std::int64_t steps, double rate) {
  return {.steps = steps,
          .batch_size = 32,
          .optimizer = {.kind = OptimizerKind::adamw, .learning_rate = rate, .weight_decay = 1e-2},
          .annealed = true};
}

/// A linear step is cheap, so that there are more of them.
Scores by_hand(const Parts& parts, std::int64_t steps, double rate, const Setting& setting) {
  torch::nn::Linear linear(parts.training.inputs.size(1), kClasses);
  set_to_zero(*linear);
  const auto network = [&](const torch::Tensor& x) { return linear(x); };
  fit(*linear, network, parts.training, annealed(setting.size(3, 2) * steps, rate), setting.random(order));
  return {accuracy(network, parts.validation), accuracy(network, parts.test)};
}

// End to end.

Scores from_pixels(const Parts& parts, std::int64_t steps, double rate, const Setting& setting) {
  const auto net = built(models::CnnOptions{.input = {1, kHalfSide, kHalfSide},
                                            .classes = kClasses,
                                            .stem = 8,
                                            .blocks = {16},
                                            .head = models::Head::flatten},
                         {0.286F, 0.353F}, setting.random(weights));
  if (setting.without_cause) freeze(*net, [](const std::string& name) { return !is_of_head(name); });
  fit(*net, parts.training, annealed(steps, rate), setting.random(order));
  return {accuracy(*net, parts.validation), accuracy(*net, parts.test)};
}

/// Pictures, and their gradients in the same order.
struct Views {
  Examples pixels, gradients;

  Views part(std::int64_t begin, std::int64_t size) const {
    return {pixels.part(begin, size), gradients.part(begin, size)};
  }
};

Views views(const Examples& examples) { return {examples, gradients(examples)}; }

/// One training set or several of one size, and what they share.
struct Task {
  std::vector<Views> trainings;
  Views validation, test;
  std::int64_t steps = 0;
};

/// Test accuracy, the mean over the training sets.
struct Outcome {
  double by_hand = 0, from_pixels = 0;
};

/// Both at the learning rate that is better on the validation pictures, of the same two.
Outcome outcome(const Task& task, const Setting& setting) {
  const auto best = [&](const auto& learn, Examples Views::*view) {
    return best_mean({5e-3, 1e-2}, task.trainings, [&](const Views& training, double rate) {
      return learn({training.*view, task.validation.*view, task.test.*view}, task.steps, rate, setting);
    });
  };
  return {best(by_hand, &Views::gradients), best(from_pixels, &Views::pixels)};
}

/// A training: so many pictures, drawn so often, for so many steps.
struct Size {
  std::int64_t pictures = 0, draws = 1, steps = 0;
};

Trial run(const Setting& setting) {
  const std::int64_t count = setting.size(20000, 4500), steps_of_many = setting.size(950, 280),
                     for_validation = setting.size(1500, 500);
  const Examples training =
                     moved_clothes(setting, data::Split::train, count + for_validation, training_pictures),
                 testing = moved_clothes(setting, data::Split::test, setting.size(5000, 2000), test_pictures);
  const Views all = views(training), validation = all.part(count, for_validation), test = views(testing);

  TrialSeries hand{"labels", "gradients by hand, then linear"}, pixels{"labels", "CNN from pixels"};
  Outcome few, many;
  std::vector<Size> sizes = {{kFew, setting.size(4, 2), setting.size(120, 100)}, {count, 1, steps_of_many}};
  if (!setting.quick) sizes.insert(sizes.begin() + 1, {{1000, 1, 300}, {5000, 1, 400}});
  for (const auto& [n, draws, steps] : sizes) {
    std::vector<Views> trainings;
    for (std::int64_t i = 0; i < draws; ++i) trainings.push_back(all.part(i * n, n));
    many = outcome({trainings, validation, test, steps}, setting);
    if (n == kFew) few = many;
    hand.add(n, 100 * many.by_hand);
    pixels.add(n, 100 * many.from_pixels);
  }

  const Views all_mixed = views(shuffled_pixels(training, setting.random(shuffling)));
  const Outcome mixed = outcome({{all_mixed.part(0, count)},
                                 all_mixed.part(count, for_validation),
                                 views(shuffled_pixels(testing, setting.random(shuffling))),
                                 steps_of_many},
                                setting);
  return {
      .figures = {{"many labels", many.from_pixels - many.by_hand},
                  {"few labels", few.by_hand - few.from_pixels},
                  {"shuffled, by hand", many.by_hand - mixed.by_hand},
                  {"shuffled, from pixels", many.from_pixels - mixed.from_pixels}},
      .series = {
          hand, pixels,
          percent_by_category("shuffled", "gradients by hand, then linear", {many.by_hand, mixed.by_hand}),
          percent_by_category("shuffled", "CNN from pixels", {many.from_pixels, mixed.from_pixels})}};
}

}  // namespace

Experiment end_to_end() {
  return {
      .question = "What is end-to-end learning?",
      .answer =
          "One network leads from the raw input to the answer and is trained as a whole, without handmade "
          "features in between. It finds in the data what matters, instead of what we assume to matter; with "
          "enough data, it is better.",
      .method =
          "Shifted clothes of 14 by 14 pixels are classified by a linear classifier on histograms of "
          "oriented gradients (OpenCV's, of the picture at twice its size), and by a CNN of three "
          "convolutions on the pixels. The learning rate falls to 0, starting at the better of two values on "
          "1500 additional validation pictures (500 in a quick run); the linear classifier makes more steps, "
          "because they are cheap. They learn from 200 labels (several draws) up to 20,000 (4500 in a quick "
          "run). Finally, the pixels of all pictures are shuffled in the same way.",
      .claims = {{"many labels",
                  on_every_seed(
                      at_least("many labels, test accuracy: from pixels minus by hand", 0.01, Unit::points))},
                 {"few labels",
                  caveat("End-to-end learning needs data: with 200 labels, a linear classifier on handmade "
                         "features is about as good as the CNN, or better.",
                         on_every_seed(at_least("200 labels, test accuracy: by hand minus from pixels", -0.02,
                                                Unit::points)))}},
      .controls = {{"shuffled, by hand",
                    on_every_seed(at_least("many labels, test accuracy lost on shuffled pixels: by hand", 0,
                                           Unit::points))},
                   {"shuffled, from pixels",
                    on_every_seed(at_least("many labels, test accuracy lost on shuffled pixels: from pixels",
                                           0, Unit::points))}},
      .charts = {{"labels", line_chart("Whose features are better?", log_scale("labelled pictures"),
                                       "test accuracy, %")},
                 {"shuffled", bar_chart("With the pixels shuffled", "many labels", "test accuracy, %",
                                        {"as they are", "pixels shuffled"}, {{"chance", 10}})}},
      .fine_print =
          "End-to-end learning needs data: with few labels, our knowledge about pictures is worth as much as "
          "what can be learned from them, or more. And the pictures here are shifted by up to four of their "
          "14 pixels, which a linear classifier on features with fixed positions cannot follow; on centred "
          "clothes, the handmade gradients come close to a CNN of this size. A CNN also contains prior "
          "knowledge: neighbouring pixels belong together, and the same detail may be anywhere. If the "
          "pixels are shuffled, it loses, too. And training everything at once is not always best: if parts "
          "have to work together, it can be slow or fail although each part could be learned separately.",
      .sources = {"Dalal & Triggs, Histograms of oriented gradients for human detection, 2005",
                  "LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document "
                  "recognition, 1998",
                  "Glasmachers, Limits of end-to-end learning, 2017"},
      .cause = "Learned features: the CNN's convolutions keep their random weights.",
      .run = run};
}

}  // namespace fathom::interview::q13
