/// A question with an experiment that could prove its usual answer wrong.
///
///   Experiment nonlinearity() {
///     return {.number = 1,
///             .slug = "nonlinearity",
///             .question = "Why are non-linearities needed?",
///             .answer = "...",
///             .claims = {{"gain", at_least("test accuracy gained by ReLU", 0.25, Unit::points)}},
///             .controls = {{"linear task", ...}},
///             .charts = {{"accuracy", {.title = "Training accuracy", .x_label = "step"}}},
///             .run = run};
///   }
///
///   Trial run(const Setting& setting) {      // with one seed, on one thread
///     ...
///     return {.figures = {{"gain", relu - identity}, {"linear task", ...}},
///             .series = {{"accuracy", "ReLU", steps, accuracies}}};
///   }
///
/// An experiment names its claims, controls and charts, and a trial refers to them by these names.
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

/// Returns a data set by name. Thread-safe; the reference stays valid.
using DataSource = std::function<const data::ImageSet&(const std::string& name, data::Split split)>;

/// The settings of one trial.
struct Setting {
  std::uint64_t seed = 0;
  bool quick = false;          ///< smaller experiment with the same verdict
  bool without_cause = false;  ///< without the cause of the effect: verdicts must change
  DataSource data;

  /// One of two sizes, depending on `quick`.
  std::int64_t size(std::int64_t full, std::int64_t small) const { return quick ? small : full; }
  /// A generator that depends only on the seed and the purpose. Paired arms use the same purpose.
  torch::Generator random(std::uint64_t purpose) const;
};

/// A value with the name that the experiment and its trials use for it; the name is not shown.
template <typename T>
struct Named {
  std::string name;
  T value;
};

/// Values of one trial for a chart of the experiment. Series of the same name are averaged over the seeds if
/// their x agree, with the interval of the mean; charts of points show the first seed's.
struct TrialSeries {
  std::string chart;  ///< its name in the experiment
  std::string name;   ///< in the chart's key
  std::vector<double> x, y;

  void add(double at, double value) {
    x.push_back(at);
    y.push_back(value);
  }
};

/// Values at x = 0, 1, 2, ..., for charts with categories.
TrialSeries by_category(std::string chart, std::string name, std::vector<double> y);

struct Picture {
  std::string caption;
  torch::Tensor pixels;  ///< uint8 [C, H, W], grey or RGB
};

/// The outcome of one seed.
struct Trial {
  std::vector<Named<double>> figures;  ///< one for each claim and each control of the experiment
  std::vector<TrialSeries> series;     ///< at least one for each chart
  std::vector<Picture> pictures;       ///< those of the first seed are shown
};

struct Experiment {
  int number = 0;
  std::string slug;      ///< a name for files and scripts, of lower-case words with - between them
  std::string question;  ///< one sentence
  std::string answer;    ///< the usual answer, two or three sentences
  std::string method;    ///< how it is tested
  std::vector<Named<Claim>> claims;
  std::vector<Named<Claim>> controls;      ///< settings without the effect; all must be supported
  std::vector<Named<draw::Chart>> charts;  ///< without series; the trials provide them
  std::string fine_print;                  ///< where the usual answer is too simple
  std::vector<std::string> sources;        ///< authors, title, year
  std::string cause;                       ///< the cause that Setting::without_cause removes
  Trial (*run)(const Setting& setting) = nullptr;
};

/// The outcome of all seeds.
struct Result {
  int number = 0;
  std::string slug, question;
  Verdict verdict = Verdict::inconclusive;
  double seconds = 0;  ///< from the start of its first trial to the end of its last
  std::vector<Judgement> claims, controls;
  std::vector<draw::Chart> charts;
  std::vector<Picture> pictures;

  /// The supported claims and controls that have a caveat. Empty if a control does not hold, because nothing
  /// can be concluded then.
  std::vector<Judgement> caveats() const;
};

/// Assigns figures and series to claims, controls and charts by name, in any order. Throws InvalidArgument,
/// with the name, if two claims or controls or two charts share a name, a trial has no figure or more than
/// one for a claim or control, no series for a chart or two of one name, or refers to a name that the
/// experiment does not have.
Result result_of(const Experiment& experiment, const std::vector<Trial>& trials);

}  // namespace fathom::experiment
