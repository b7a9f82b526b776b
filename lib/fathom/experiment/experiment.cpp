#include "fathom/experiment/experiment.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::experiment {
namespace {

/// Each name of an experiment, and how often a trial refers to it.
using Uses = std::map<std::string, int>;

void require(bool condition, const Experiment& experiment, const char* problem, const std::string& name) {
  if (!condition)
    throw InvalidArgument(fmt::format("question {}: {} '{}'", experiment.number, problem, name));
}

template <typename T>
void declare(const std::vector<Named<T>>& all, Uses& uses, const Experiment& experiment, const char* twice) {
  for (const auto& [name, value] : all) require(uses.try_emplace(name, 0).second, experiment, twice, name);
}

void require_figures(const Experiment& experiment, const Trial& trial) {
  Uses uses;
  for (const auto* all : {&experiment.claims, &experiment.controls})
    declare(*all, uses, experiment, "two claims or controls have the name");
  for (const auto& [name, value] : trial.figures) {
    require(uses.contains(name), experiment, "there is no claim or control", name);
    require(++uses[name] == 1, experiment, "a trial has two figures", name);
  }
  for (const auto& [name, times] : uses) require(times == 1, experiment, "a trial has no figure", name);
}

void require_series(const Experiment& experiment, const Trial& trial) {
  Uses uses;
  declare(experiment.charts, uses, experiment, "two charts have the name");
  std::set<std::pair<std::string, std::string>> drawn;
  for (const auto& [chart, name, x, y] : trial.series) {
    require(uses.contains(chart), experiment, "there is no chart", chart);
    require(drawn.emplace(chart, name).second, experiment, "a chart has two series", name);
    require(x.size() == y.size(), experiment, "not every y has an x in the series", name);
    ++uses[chart];
  }
  for (const auto& [name, times] : uses)
    require(times > 0, experiment, "a trial has no series for the chart", name);
}

double figure(const Trial& trial, const std::string& name) {
  return std::ranges::find(trial.figures, name, &Named<double>::name)->value;
}

std::vector<Judgement> judged(const std::vector<Named<Claim>>& claims, const std::vector<Trial>& trials) {
  std::vector<Judgement> all;
  for (const auto& [name, claim] : claims) {
    std::vector<double> values;
    for (const Trial& trial : trials) values.push_back(figure(trial, name));
    all.push_back(judge(claim, std::move(values)));
  }
  return all;
}

/// The series of one name on one chart, over the seeds.
std::vector<const TrialSeries*> same_series(const std::vector<Trial>& trials, const TrialSeries& like) {
  std::vector<const TrialSeries*> same;
  for (const Trial& trial : trials)
    for (const TrialSeries& each : trial.series)
      if (each.chart == like.chart && each.name == like.name && each.x == like.x) same.push_back(&each);
  return same;
}

draw::Series averaged(const std::vector<const TrialSeries*>& all) {
  draw::Series series{all.front()->name, all.front()->x, {}, {}, {}};
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    std::vector<double> values;
    for (const TrialSeries* each : all) values.push_back(each->y[i]);
    const Estimate estimate = mean95(values);
    series.y.push_back(estimate.mean);
    series.low.push_back(estimate.ci95.low);
    series.high.push_back(estimate.ci95.high);
  }
  return series;
}

draw::Chart drawn_chart(const Named<draw::Chart>& empty, const std::vector<Trial>& trials) {
  draw::Chart chart = empty.value;
  for (const TrialSeries& each : trials.front().series) {
    if (each.chart != empty.name) continue;
    if (chart.marks == draw::Marks::points)
      chart.series.push_back({each.name, each.x, each.y, {}, {}});
    else
      chart.series.push_back(averaged(same_series(trials, each)));
  }
  return chart;
}

}  // namespace

TrialSeries by_category(std::string chart, std::string name, std::vector<double> y) {
  std::vector<double> x(y.size());
  std::iota(x.begin(), x.end(), 0);
  return {std::move(chart), std::move(name), std::move(x), std::move(y)};
}

torch::Generator Setting::random(std::uint64_t purpose) const {
  return make_generator(derive_seed(seed, purpose));
}

std::vector<Judgement> Result::caveats() const {
  const auto is_supported = [](const Judgement& j) { return j.verdict == Verdict::supported; };
  if (!std::all_of(controls.begin(), controls.end(), is_supported)) return {};
  std::vector<Judgement> all;
  for (const std::vector<Judgement>* judgements : {&claims, &controls})
    std::copy_if(judgements->begin(), judgements->end(), std::back_inserter(all),
                 [&](const Judgement& j) { return !j.claim.caveat.empty() && is_supported(j); });
  return all;
}

Result result_of(const Experiment& experiment, const std::vector<Trial>& trials) {
  if (trials.empty()) throw InvalidArgument(fmt::format("question {} has no trial", experiment.number));
  for (const Trial& trial : trials) {
    require_figures(experiment, trial);
    require_series(experiment, trial);
  }
  Result result{.number = experiment.number, .slug = experiment.slug, .question = experiment.question};
  result.claims = judged(experiment.claims, trials);
  result.controls = judged(experiment.controls, trials);
  result.verdict = overall(result.claims, result.controls);
  for (const Named<draw::Chart>& each : experiment.charts) result.charts.push_back(drawn_chart(each, trials));
  result.pictures = trials.front().pictures;
  return result;
}

}  // namespace fathom::experiment
