#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "fathom/image/picture.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

class EvaluateProgram : public testing::Test {
 protected:
  nlohmann::json report(const std::string& program, const std::string& flags) const {
    const Outcome outcome =
        run_program_in(folder_.path(), program, "--quiet --json --model fashion-cnn " + flags);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out);
  }
  torch::Tensor picture(const std::string& name) const { return image::read_picture(folder_.path() / name); }

  TemporaryFolder folder_;
};

/// Counted here from the answers of `predict`.
TEST_F(EvaluateProgram, MistakesAreTheMostConfidentAndTheMostFrequent) {
  const nlohmann::json evaluated = report("evaluate", "--mistakes mistakes.png"),
                       predicted = report("predict", "--data fashion-mnist --top 1");
  std::map<std::pair<std::string, std::string>, int> pairs;
  double most_confident = 0;
  for (const nlohmann::json& one : predicted.at("results")) {
    if (one.at("predicted") == one.at("true_class")) continue;
    ++pairs[{one.at("true_class"), one.at("predicted")}];
    most_confident = std::max(most_confident, one.at("probability").get<double>());
  }
  const nlohmann::json& mistakes = evaluated.at("mistakes");
  ASSERT_EQ(mistakes.size(), 18U);
  EXPECT_NEAR(mistakes.at(0).at("probability"), most_confident, 1e-5);
  for (std::size_t i = 0; i < mistakes.size(); ++i) {
    const nlohmann::json& same = predicted.at("results").at(mistakes.at(i).at("index").get<std::size_t>());
    EXPECT_EQ(mistakes.at(i).at("true_class"), same.at("true_class"));
    EXPECT_EQ(mistakes.at(i).at("predicted"), same.at("predicted"));
    EXPECT_NE(same.at("true_class"), same.at("predicted"));
    EXPECT_LE(mistakes.at(i).at("probability"), mistakes.at(i == 0 ? 0 : i - 1).at("probability"));
  }
  ASSERT_EQ(evaluated.at("confused_pairs").size(), 6U);
  int before = 1 << 30;
  for (const nlohmann::json& pair : evaluated.at("confused_pairs")) {
    const int images = pair.at("images");
    EXPECT_NEAR((pairs[{pair.at("true_class"), pair.at("predicted")}]), images,
                1);  // a tie, in another batch
    EXPECT_LE(images, before);
    before = images;
  }
  EXPECT_NEAR(std::max_element(pairs.begin(), pairs.end(),
                               [](const auto& a, const auto& b) { return a.second < b.second; })
                  ->second,
              evaluated.at("confused_pairs").at(0).at("images").get<int>(), 1);
  EXPECT_EQ(picture("mistakes.png").size(0), 3);
}

TEST_F(EvaluateProgram, DrawsAReliabilityDiagramBesideTheConfusionMatrix) {
  report("evaluate", "--limit 500 -o confusion.png --reliability reliability.png");
  EXPECT_FALSE(picture("confusion.png").equal(picture("reliability.png")));
  const Outcome same = run_program_in(folder_.path(), "evaluate",
                                      "--model fashion-cnn --limit 50 -o a.png --reliability a.png");
  EXPECT_EQ(same.status, 2);
  const Outcome gan = run_program_in(folder_.path(), "evaluate", "--gan fashion-gan --mistakes a.png");
  EXPECT_EQ(gan.status, 2);
  EXPECT_NE(gan.err.find("--mistakes is for classifiers"), std::string::npos) << gan.err;
}

TEST_F(EvaluateProgram, SaysWhereThereAreNoMistakes) {
  nlohmann::json perfect;
  for (int seed = 0; perfect.is_null() && seed < 10;
       ++seed) {  // one picture, which is right nine times of ten
    const nlohmann::json one =
        report("evaluate", "--limit 1 --mistakes none.png --seed " + std::to_string(seed));
    if (one.at("accuracy") == 1) perfect = one;
    if (one.at("accuracy") != 1) std::filesystem::remove(folder_.path() / "none.png");
  }
  ASSERT_FALSE(perfect.is_null());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "none.png"));
  EXPECT_NE(perfect.at("notes").dump().find("there are no mistakes"), std::string::npos);
}

}  // namespace
}  // namespace fathom
