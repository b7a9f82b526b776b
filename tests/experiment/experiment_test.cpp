#include "fathom/experiment/experiment.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom::experiment {
namespace {

/// A gain of at least 1, its control at most 0, and two charts.
Experiment example() {
  return {.number = 3,
          .claims = {{"gain", at_least("what is gained", 1)}},
          .controls = {{"no cause", at_most("the same without the cause", 0)}},
          .charts = {{"accuracy", {.title = "Accuracy"}}, {"loss", {.title = "Loss"}}}};
}

Trial fitting() {
  return {.figures = {{"gain", 5}, {"no cause", -5}},
          .series = {{"accuracy", "line", {0}, {7}}, {"loss", "line", {0}, {9}}}};
}

/// What the refusal of such trials says; empty if they are not refused.
std::string refusal(const Experiment& experiment, const Trial& trial) {
  try {
    result_of(experiment, {fitting(), trial});
  } catch (const InvalidArgument& e) {
    return e.what();
  }
  return "";
}

TEST(Experiment, FiguresAndSeriesGoToTheirNamesInAnyOrder) {
  Trial swapped = fitting();
  std::swap(swapped.figures[0], swapped.figures[1]);
  std::swap(swapped.series[0], swapped.series[1]);
  for (const std::vector<Trial>& trials :
       {std::vector{fitting(), swapped}, std::vector{swapped, fitting()}}) {
    const Result result = result_of(example(), trials);
    EXPECT_EQ(result.claims.at(0).values, (std::vector<double>{5, 5}));
    EXPECT_EQ(result.controls.at(0).values, (std::vector<double>{-5, -5}));
    EXPECT_EQ(result.charts.at(0).title, "Accuracy");
    EXPECT_EQ(result.charts.at(0).series.at(0).y, std::vector<double>{7});
    EXPECT_EQ(result.charts.at(1).title, "Loss");
    EXPECT_EQ(result.charts.at(1).series.at(0).y, std::vector<double>{9});
  }
}

TEST(Experiment, SwappedNamesAreSeenInTheVerdict) {
  Trial swapped = fitting();
  std::swap(swapped.figures[0].name, swapped.figures[1].name);
  EXPECT_EQ(result_of(example(), {fitting(), fitting()}).verdict, Verdict::supported);
  EXPECT_EQ(result_of(example(), {swapped, swapped}).verdict, Verdict::inconclusive);
}

TEST(Experiment, RefusesAMissingFigureOrSeries) {
  Trial trial = fitting();
  trial.figures.pop_back();
  EXPECT_EQ(refusal(example(), trial), "question 3: a trial has no figure 'no cause'");
  trial = fitting();
  trial.series.pop_back();
  EXPECT_EQ(refusal(example(), trial), "question 3: a trial has no series for the chart 'loss'");
}

TEST(Experiment, RefusesAnUnknownName) {
  Trial trial = fitting();
  trial.figures[0].name = "gian";
  EXPECT_EQ(refusal(example(), trial), "question 3: there is no claim or control 'gian'");
  trial = fitting();
  trial.series[0].chart = "acuracy";
  EXPECT_EQ(refusal(example(), trial), "question 3: there is no chart 'acuracy'");
}

TEST(Experiment, RefusesANameTwice) {
  Trial trial = fitting();
  trial.figures.push_back({"gain", 5});
  EXPECT_EQ(refusal(example(), trial), "question 3: a trial has two figures 'gain'");
  trial = fitting();
  trial.series.push_back(trial.series[0]);
  EXPECT_EQ(refusal(example(), trial), "question 3: a chart has two series 'line'");

  Experiment experiment = example();
  experiment.controls[0].name = "gain";
  EXPECT_EQ(refusal(experiment, fitting()), "question 3: two claims or controls have the name 'gain'");
  experiment = example();
  experiment.charts[1].name = "accuracy";
  EXPECT_EQ(refusal(experiment, fitting()), "question 3: two charts have the name 'accuracy'");
}

TEST(Experiment, RefusesASeriesWithoutAnXForEveryY) {
  Trial trial = fitting();
  trial.series[0].x.clear();
  EXPECT_EQ(refusal(example(), trial), "question 3: not every y has an x in the series 'line'");
}

}  // namespace
}  // namespace fathom::experiment
