/// Are the pictures of activation maximization what their names say? Another network, which had no part in
/// making them, names the class of each:
///
///   build/bin/activation_max_judged models/mnist-cnn.pt models/mnist-mlp.pt models/mnist-bilstm.pt
///
/// The first model makes a picture of every class from each of five seeds, with the library's defaults and by
/// plain ascent on pixels (no regularisation, no transformation, the class's logit); the others judge. Prints
/// a row per way and judge: the share of pictures to which the maker gives their class with p >= 0.99, and
/// the share that the judge names right, with its 95 % interval.
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/core/statistics.hpp"
#include "fathom/explain/maximise/activation_max.hpp"

namespace {

using namespace fathom;

constexpr std::uint64_t kSeeds = 5;
constexpr double kSure = 0.99;

/// float [classes, C, H, W] per call, one batch.
torch::Tensor pictures(const checkpoint::Classifier& maker, bool regularised, std::uint64_t seed) {
  std::vector<std::int64_t> classes;
  for (std::int64_t k = 0; k < std::ssize(maker.classes()); ++k) classes.push_back(k);
  const models::InputShape& in = maker.input();
  const explain::ImagesShape shape{std::ssize(classes), in.channels, {in.height, in.width}};
  const torch::Tensor colour = torch::tensor(maker.mean());
  explain::ActivationMaxOptions options = explain::usual_options(maker.mean());
  if (!regularised) {
    options.l2 = options.tv = options.blur = 0;
    options.transform = {};
  }
  const torch::Generator start = make_generator(derive_seed(seed, 0)),
                         steps = make_generator(derive_seed(seed, 1));
  const auto parametrisation = regularised ? explain::fourier_parametrisation(shape, start, colour)
                                           : explain::pixel_parametrisation(shape, start, colour);
  const explain::Objective objective =
      regularised ? explain::class_margin(classes) : explain::class_logit(classes);
  return explain::activation_max(explain::responses_of(maker, objective.stages()), objective,
                                 *parametrisation, options, steps)
      .images;
}

struct Verdict {
  std::int64_t sure = 0, pictures = 0;
  std::vector<std::int64_t> named;  // per judge
};

Verdict judge(const checkpoint::Classifier& maker, const std::vector<checkpoint::Classifier>& judges,
              bool regularised) {
  Verdict verdict{.named = std::vector<std::int64_t>(judges.size())};
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const torch::Tensor images = pictures(maker, regularised, seed);
    const torch::Tensor own = torch::softmax(maker.logits(images), 1).diagonal();
    verdict.sure += (own >= kSure).sum().item<std::int64_t>();
    verdict.pictures += images.size(0);
    for (std::size_t j = 0; j < judges.size(); ++j)
      verdict.named[j] +=
          (judges[j].logits(images).argmax(1) == torch::arange(images.size(0))).sum().item<std::int64_t>();
  }
  return verdict;
}

void run(const std::vector<std::string>& paths) {
  set_threads(0);
  const checkpoint::Classifier maker = checkpoint::load_classifier(paths[0], torch::kCPU);
  std::vector<checkpoint::Classifier> judges;
  for (std::size_t i = 1; i < paths.size(); ++i) {
    judges.push_back(checkpoint::load_classifier(paths[i], torch::kCPU));
    if (judges.back().classes() != maker.classes())
      throw InvalidArgument(fmt::format("'{}' has other classes than '{}'", paths[i], paths[0]));
  }
  fmt::print("| model | way | own p >= {} | judge | named right |\n|---|---|---|---|---|\n", kSure);
  for (const bool regularised : {true, false}) {
    const Verdict v = judge(maker, judges, regularised);
    for (std::size_t j = 0; j < judges.size(); ++j) {
      const Interval ci95 = wilson95(v.named[j], v.pictures);
      fmt::print("| {} | {} | {}/{} | {} | {}/{} [{:.2f}, {:.2f}] |\n", paths[0],
                 regularised ? "defaults" : "plain pixels", v.sure, v.pictures, paths[j + 1], v.named[j],
                 v.pictures, ci95.low, ci95.high);
    }
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    fmt::print(stderr, "usage: activation_max_judged MODEL JUDGE...\n");
    return 2;
  }
  run({argv + 1, argv + argc});
  return 0;
} catch (const std::exception& e) {
  fmt::print(stderr, "activation_max_judged: error: {}\n", e.what());
  return 1;
}
