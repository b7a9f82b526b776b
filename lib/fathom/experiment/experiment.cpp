#include "fathom/experiment/experiment.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::experiment {
namespace {

void require_fitting(const Experiment& experiment, const Trial& trial) {
  const auto require = [&](bool condition, const char* what) {
    if (!condition)
      throw InvalidArgument(fmt::format("question {}: a trial must have {}", experiment.number, what));
  };
  require(trial.claims.size() == experiment.claims.size(), "a value for each claim");
  require(trial.controls.size() == experiment.controls.size(), "a value for each control");
  for (const Curve& curve : trial.curves) {
    require(curve.chart < experiment.charts.size(), "curves of charts that there are");
    require(curve.x.size() == curve.y.size(), "an x for every y");
  }
}

std::vector<Judgement> judged(const std::vector<Claim>& claims, const std::vector<Trial>& trials,
                              std::vector<double> Trial::*values) {
  std::vector<Judgement> all;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    std::vector<double> each;
    for (const Trial& trial : trials) each.push_back((trial.*values)[i]);
    all.push_back(judge(claims[i], std::move(each)));
  }
  return all;
}

/// The curves of one name on one chart, over the seeds.
std::vector<const Curve*> same_curves(const std::vector<Trial>& trials, const Curve& like) {
  std::vector<const Curve*> same;
  for (const Trial& trial : trials)
    for (const Curve& curve : trial.curves)
      if (curve.chart == like.chart && curve.name == like.name && curve.x == like.x) same.push_back(&curve);
  return same;
}

draw::Series averaged(const std::vector<const Curve*>& curves) {
  draw::Series series{curves.front()->name, curves.front()->x, {}, {}, {}};
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    std::vector<double> values;
    for (const Curve* curve : curves) values.push_back(curve->y[i]);
    const Estimate estimate = mean95(values);
    series.y.push_back(estimate.mean);
    series.low.push_back(estimate.ci95.low);
    series.high.push_back(estimate.ci95.high);
  }
  return series;
}

draw::Chart drawn_chart(const Experiment& experiment, std::size_t number, const std::vector<Trial>& trials) {
  draw::Chart chart = experiment.charts[number];
  for (const Curve& curve : trials.front().curves) {
    if (curve.chart != number) continue;
    if (chart.marks == draw::Marks::points)
      chart.series.push_back({curve.name, curve.x, curve.y, {}, {}});
    else
      chart.series.push_back(averaged(same_curves(trials, curve)));
  }
  return chart;
}

}  // namespace

torch::Generator Setting::random(std::uint64_t purpose) const {
  return make_generator(derive_seed(seed, purpose));
}

std::vector<Judgement> Result::otherwise() const {
  const auto is_supported = [](const Judgement& j) { return j.verdict == Verdict::supported; };
  if (!std::all_of(controls.begin(), controls.end(), is_supported)) return {};
  std::vector<Judgement> all;
  for (const std::vector<Judgement>* judgements : {&claims, &controls})
    std::copy_if(judgements->begin(), judgements->end(), std::back_inserter(all),
                 [&](const Judgement& j) { return !j.claim.otherwise.empty() && is_supported(j); });
  return all;
}

Result result_of(const Experiment& experiment, const std::vector<Trial>& trials) {
  if (trials.empty()) throw InvalidArgument(fmt::format("question {} has no trial", experiment.number));
  for (const Trial& trial : trials) require_fitting(experiment, trial);
  Result result{.number = experiment.number, .slug = experiment.slug, .question = experiment.question};
  result.claims = judged(experiment.claims, trials, &Trial::claims);
  result.controls = judged(experiment.controls, trials, &Trial::controls);
  result.verdict = overall(result.claims, result.controls);
  for (std::size_t i = 0; i < experiment.charts.size(); ++i)
    result.charts.push_back(drawn_chart(experiment, i, trials));
  result.pictures = trials.front().pictures;
  return result;
}

}  // namespace fathom::experiment
