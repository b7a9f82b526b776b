/// A question with an experiment that could prove its usual answer wrong.
///
///   Experiment nonlinearity() {
///     return {.number = 1,
///             .slug = "nonlinearity",
///             .question = "Why are non-linearities needed?",
///             .answer = "...",
///             .claims = {at_least("test accuracy gained by ReLU over the identity", 0.25, Unit::points)},
///             .controls = {...},
///             .charts = {{.title = "Training accuracy", .x_label = "step", .y_label = "accuracy"}},
///             .run = run};
///   }
///
///   Trial run(const Setting& setting) {      // with one seed, on one thread
///     ...
///     return {.claims = {relu - identity}, .controls = {...}, .curves = {{0, "ReLU", steps, accuracies}}};
///   }
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fathom/data/image_set.hpp"
#include "fathom/draw/chart.hpp"
#include "fathom/experiment/claim.hpp"

namespace fathom::experiment {

/// Gives a data set by its name; may be called by several trials at once, and what it gives stays.
using DataSource = std::function<const data::ImageSet&(const std::string& name, data::Split split)>;

/// What one trial is run with.
struct Setting {
  std::uint64_t seed = 0;
  bool quick = false;          ///< smaller, for the same verdict
  bool without_cause = false;  ///< with that taken away which brings the effect about: verdicts must change
  DataSource data;

  /// A size, by `quick`.
  std::int64_t size(std::int64_t full, std::int64_t small) const { return quick ? small : full; }
  /// A generator for a purpose, which follows from the seed and the purpose's number alone: arms that are to
  /// be paired ask for the same.
  torch::Generator random(std::uint64_t purpose) const;
};

/// Values of one trial that belong to a chart of the experiment. Those of the same name are averaged over the
/// seeds where their x agree, with the interval of the mean; on charts of points, the first seed's are shown.
struct Curve {
  std::size_t chart = 0;
  std::string name;
  std::vector<double> x, y;
};

struct Picture {
  std::string caption;
  torch::Tensor pixels;  ///< uint8 [C, H, W], grey or RGB
};

/// What came out with one seed.
struct Trial {
  std::vector<double> claims, controls;  ///< a value for each of the experiment's, in their order
  std::vector<Curve> curves;
  std::vector<Picture> pictures;  ///< those of the first seed are shown
};

struct Experiment {
  int number = 0;
  std::string slug;      ///< the file is qNN_slug.cpp, with _ for -
  std::string question;  ///< one sentence
  std::string answer;    ///< the usual answer, two or three sentences
  std::string method;    ///< what is done to put it to the test
  std::vector<Claim> claims;
  std::vector<Claim> controls;       ///< settings in which the effect must vanish; all must be supported
  std::vector<draw::Chart> charts;   ///< without their series, which the trials bring
  std::string fine_print;            ///< where the usual answer is too simple
  std::vector<std::string> sources;  ///< authors, title, year
  std::string cause;                 ///< what Setting::without_cause takes away
  Trial (*run)(const Setting& setting) = nullptr;
};

/// What came out of all seeds.
struct Result {
  int number = 0;
  std::string slug, question;
  Verdict verdict = Verdict::inconclusive;
  double seconds = 0;  ///< from the start of its first trial to the end of its last
  std::vector<Judgement> claims, controls;
  std::vector<draw::Chart> charts;
  std::vector<Picture> pictures;

  /// By what the usual answer turned out too simple: the claims and controls with a sentence on that which
  /// are supported. None where a control does not hold, since nothing can be said then.
  std::vector<Judgement> otherwise() const;
};

/// Throws InvalidArgument where a trial has not as many values as the experiment has claims and controls, or
/// a curve of a chart that there is not.
Result result_of(const Experiment& experiment, const std::vector<Trial>& trials);

}  // namespace fathom::experiment
