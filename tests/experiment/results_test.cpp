#include "fathom/experiment/results.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "fathom/core/error.hpp"
#include "fathom/io/file.hpp"
#include "temporary_folder.hpp"

namespace fathom::experiment {
namespace {

Results example_results() {
  Result result{.number = 4, .slug = "two-words", .question = "Why?", .seconds = 1.5};
  result.claims = {judge(at_least("gain", 0.25, Unit::points), {0.4, 0.5, 0.6}),
                   judge(caveat("Not so.", geometric(between("ratio", 0.1, 10, Unit::times))), {1, 2, 3})};
  result.controls = {judge(on_every_seed(at_most("gap", 1e-5)), {1e-6, 2e-6, 0})};
  result.verdict = overall(result.claims, result.controls);
  draw::Chart chart{.title = "a chart", .x_label = "x", .y_label = "y", .series = {}, .log_y = true};
  chart.marks = draw::Marks::bars;
  chart.categories = {"one", "two"};
  chart.guides = {{"chance", 0.1}};
  chart.series = {{"line", {0, 1}, {2, NAN}, {1, NAN}, {3, NAN}}};
  result.charts = {chart};
  result.pictures = {{"a picture", torch::arange(12, torch::kLong).to(torch::kByte).view({3, 2, 2})}};
  return {.seed = 7, .seeds = 3, .quick = true, .version = "0.1.0", .experiments = {result}};
}

TEST(Results, ComeBackFromTheirFolderAsTheyWere) {
  const TemporaryFolder folder;
  write_results(folder.path(), example_results());
  const std::optional<Results> read = read_results(folder.path());
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read).dump(), to_json(example_results()).dump());
  EXPECT_TRUE(
      read->experiments[0].pictures[0].pixels.equal(example_results().experiments[0].pictures[0].pixels));
  EXPECT_TRUE(read->same_run(example_results()));
}

TEST(Results, InfiniteValuesComeBackAndWithThemTheVerdict) {
  Results results = example_results();
  Result& one = results.experiments[0];
  one.claims = {judge(on_every_seed(at_least("ratio", 10)), {INFINITY, 20, 30}),
                judge(on_every_seed(at_most("ratio", 10)), {-INFINITY, 1, 2}),
                judge(at_least("gap", 0), {1, NAN, 2})};
  one.verdict = overall(one.claims, one.controls);
  one.charts[0].series = {{"line", {0, 1}, {INFINITY, NAN}, {-INFINITY, NAN}, {INFINITY, 1}}};
  const auto json = to_json(results);
  EXPECT_EQ(json.at("experiments")[0].at("claims")[0].at("values").dump(), R"(["inf",20.0,30.0])");
  EXPECT_EQ(json.at("experiments")[0].at("claims")[2].at("values").dump(), "[1.0,null,2.0]");
  EXPECT_TRUE(json.at("experiments")[0].at("claims")[0].at("ci95")[1].is_null());
  const TemporaryFolder folder;
  write_results(folder.path(), results);
  const std::optional<Results> read = read_results(folder.path());
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read).dump(), json.dump());
  EXPECT_EQ(read->experiments[0].claims[0].verdict, Verdict::supported);
  EXPECT_EQ(read->experiments[0].claims[1].verdict, Verdict::supported);
  EXPECT_EQ(read->experiments[0].claims[1].values[0], -INFINITY);
  EXPECT_EQ(read->experiments[0].claims[2].verdict, Verdict::inconclusive);
  EXPECT_EQ(read->experiments[0].charts[0].series[0].high[0], INFINITY);
}

TEST(Results, HaveTheKeysThatScriptsRead) {
  const auto json = to_json(example_results());
  EXPECT_EQ(json.at("seed"), 7);
  EXPECT_EQ(json.at("seeds"), 3);
  EXPECT_EQ(json.at("quick"), true);
  const auto& one = json.at("experiments").at(0);
  EXPECT_EQ(one.at("number"), 4);
  EXPECT_EQ(one.at("verdict"), "supported");
  const auto& gain = one.at("claims").at(0);
  EXPECT_NEAR(gain.at("estimate").get<double>(), 0.5, 1e-12);
  EXPECT_NEAR(gain.at("ci95").at(0).get<double>(), 0.5 - 0.24841, 1e-5);
  EXPECT_EQ(gain.at("margin"), 0.25);
  EXPECT_EQ(one.at("claims").at(1).at("margin"), nlohmann::json({0.1, 10.0}));
  EXPECT_EQ(one.at("claims").at(1).at("otherwise"), "Not so.");
  EXPECT_EQ(one.at("control").at("text"), "gap");
  EXPECT_EQ(one.at("control").at("holds"), true);
}

TEST(Results, StandByNumberAndReplaceTheirLike) {
  Results results;
  for (const int number : {5, 1, 3, 5})
    results.put({.number = number, .seconds = static_cast<double>(results.experiments.size())});
  ASSERT_EQ(results.experiments.size(), 3u);
  EXPECT_EQ(results.experiments[0].number, 1);
  EXPECT_EQ(results.experiments[2].number, 5);
  EXPECT_EQ(results.find(5)->seconds, 3);
  EXPECT_EQ(results.find(2), nullptr);
}

TEST(Results, OfOtherSettingsAreAnotherRun) {
  const Results run = example_results();
  Results other = run;
  other.seed = 8;
  EXPECT_FALSE(run.same_run(other));
  other = run;
  other.without_cause = true;
  EXPECT_FALSE(run.same_run(other));
}

TEST(Results, DamagedOnesAreRefused) {
  const TemporaryFolder folder;
  EXPECT_FALSE(read_results(folder.path()));
  const auto refused = [&](const std::string& text) {
    io::write_file(folder.path() / "results.json", text);
    EXPECT_THROW(read_results(folder.path()), FormatError) << text;
  };
  refused("{");
  refused("{}");
  refused("[1, 2]");
  auto json = to_json(example_results());
  json.at("experiments").at(0).at("claims").at(0).at("unit") = "furlongs";
  refused(json.dump());
  json = to_json(example_results());
  json.at("experiments").at(0).at("claims").at(0).at("values").at(0) = "infinite";
  refused(json.dump());
}

}  // namespace
}  // namespace fathom::experiment
