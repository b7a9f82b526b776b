#include "fathom/experiment/runner.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <thread>

#include "fathom/core/error.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::experiment {
namespace {

const data::ImageSet& no_data(const std::string& name, data::Split) { throw FileError("no set " + name); }

/// Gives its seed as its figure; the curve is 0, seed.
Trial of_seed(const Setting& setting) {
  const auto seed = static_cast<double>(setting.seed);
  return {.figures = {{"seed", seed}, {"nothing", setting.without_cause ? 1. : 0.}},
          .series = {{"seeds", "line", {1, 2}, {0, seed}}}};
}

/// Ends sooner the greater its seed, so that trials end in another order than they begin.
Trial hurrying(const Setting& setting) {
  std::this_thread::sleep_for(std::chrono::milliseconds(60 - 10 * setting.seed));
  return of_seed(setting);
}

Trial failing(const Setting& setting) {
  if (setting.seed == 1) setting.data("nowhere", data::Split::train);
  return of_seed(setting);
}

Experiment example(int number, Trial (*run)(const Setting&)) {
  return {.number = number,
          .slug = "example",
          .question = "Is it so?",
          .claims = {{"seed", at_least("the seed", 0)}},
          .controls = {{"nothing", on_every_seed(at_most("nothing at all", 0))}},
          .charts = {{"seeds", {.title = "Seeds"}}},
          .run = run};
}

std::vector<Result> results_of(const std::vector<Experiment>& experiments, const RunOptions& options) {
  std::vector<Result> results;
  EXPECT_TRUE(
      run(experiments, options, no_data, {.finished = [&](Result r) { results.push_back(std::move(r)); }}));
  return results;
}

TEST(Runner, GivesEachTrialItsSeed) {
  const std::vector<Result> results = results_of({example(3, of_seed)}, {.seed = 10, .seeds = 4});
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].number, 3);
  EXPECT_EQ(results[0].claims[0].values, (std::vector<double>{10, 11, 12, 13}));
  EXPECT_EQ(results[0].verdict, Verdict::supported);
}

TEST(Runner, ValuesStandInTheOrderOfSeedsHoweverTrialsEnd) {
  for (const int jobs : {1, 3}) {
    const std::vector<Result> results = results_of({example(1, hurrying)}, {.seeds = 5, .jobs = jobs});
    EXPECT_EQ(results[0].claims[0].values, (std::vector<double>{0, 1, 2, 3, 4}));
  }
}

TEST(Runner, CurvesAreAveragedOverSeeds) {
  const Result result = results_of({example(1, of_seed)}, {.seed = 1, .seeds = 3})[0];
  ASSERT_EQ(result.charts.size(), 1u);
  const draw::Series& line = result.charts[0].series.at(0);
  EXPECT_EQ(line.y, (std::vector<double>{0, 2}));
  EXPECT_NEAR(line.high[1], 2 + 2.4841, 1e-4);
}

TEST(Runner, TellsTheExperimentToLeaveOutItsCause) {
  EXPECT_EQ(results_of({example(1, of_seed)}, {.seeds = 2, .without_cause = true})[0].verdict,
            Verdict::inconclusive);
}

TEST(Runner, SaysHowFarItIsInTheOrderOfTheQuestions) {
  const auto told = [](int jobs) {
    std::vector<std::string> all;
    run({example(1, hurrying), example(2, of_seed)}, {.seeds = 2, .jobs = jobs}, no_data,
        {.trials = [&](int number, std::int64_t done,
                       std::int64_t total) { all.push_back(fmt::format("{}: {}/{}", number, done, total)); },
         .finished =
             [&](const Result& result) { all.push_back(fmt::format("{} finished", result.number)); }});
    return all;
  };
  using Told = std::vector<std::string>;
  EXPECT_EQ(told(1),
            (Told{"1: 0/2", "1: 1/2", "1: 2/2", "1 finished", "2: 0/2", "2: 1/2", "2: 2/2", "2 finished"}));
  // The second question is through while the first sleeps.
  EXPECT_EQ(told(3), (Told{"1: 0/2", "1: 1/2", "1: 2/2", "1 finished", "2: 2/2", "2 finished"}));
}

TEST(Runner, StopsBeforeTheNextTrial) {
  std::int64_t trials = 0;
  EXPECT_FALSE(run(
      {example(1, hurrying), example(2, hurrying)}, {.seeds = 5}, no_data,
      {.trials = [&](int, std::int64_t done, auto) { trials = done; }, .stop = [&] { return trials >= 1; }}));
  EXPECT_LT(trials, 4);
}

TEST(Runner, AnErrorNamesTheQuestionAndTheSeed) {
  try {
    run({example(7, failing)}, {.seeds = 3}, no_data, {});
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "question 7 with seed 1: no set nowhere");
  }
}

TEST(Runner, RefusesToRunNoSeed) {
  EXPECT_THROW(run({example(1, of_seed)}, {.seeds = 0}, no_data, {}), InvalidArgument);
}

TEST(Setting, NumbersFollowFromSeedAndPurposeAlone) {
  const auto number = [](std::uint64_t seed, std::uint64_t purpose) {
    return torch::rand({1}, Setting{.seed = seed}.random(purpose)).item<float>();
  };
  EXPECT_EQ(number(1, 2), number(1, 2));
  EXPECT_NE(number(1, 2), number(1, 3));
  EXPECT_NE(number(1, 2), number(2, 2));
}

}  // namespace
}  // namespace fathom::experiment
