#include <gtest/gtest.h>
#include <torch/script.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
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
    const std::string name = "fashion-mnist:test:" + std::to_string(mistakes.at(i).at("index").get<int>());
    EXPECT_EQ(mistakes.at(i).at("name"), name);
    EXPECT_EQ(mistakes.at(i).at("image"), name);
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

/// A classifier of colours, and pictures of one colour in folders of other colours. How red a picture is
/// differs, so that its probability tells which it is.
class NamesOfMistakes : public EvaluateProgram {
 protected:
  void SetUp() override {
    torch::jit::Module program("foreign");
    program.define("def forward(self, x):\n    return 9 * x.mean([2, 3])\n");
    program.save((folder_.path() / "colours.pt").string());
    io::write_file(folder_.path() / "labels.txt", "red\ngreen\nblue\n");
  }
  void add(const std::string& name, int colour, int value) const {
    torch::Tensor picture = torch::zeros({3, 8, 8}, torch::kByte);
    picture[colour].fill_(value);
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    image::write_picture(folder_.path() / name, picture);
  }
  nlohmann::json json_of(const std::string& program, const std::string& flags) const {
    const Outcome outcome =
        run_program_in(folder_.path(), program,
                       "--quiet --json --model colours.pt --input-size 8 --labels labels.txt " + flags);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json::object();
  }
  /// That both names of every mistake open the picture with the probability of the mistake.
  void expect_opened(const std::string& set_and_split, const nlohmann::json& mistakes) const {
    std::string by_number, by_file;
    for (const nlohmann::json& mistake : mistakes) {
      by_number += " '" + set_and_split + ":" + std::to_string(mistake.at("index").get<int>()) + "'";
      by_file += " '" + mistake.at("image").get<std::string>() + "'";
    }
    for (const std::string& images : {by_number, by_file}) {
      const nlohmann::json opened = json_of("predict", "--image" + images).at("results");
      ASSERT_EQ(opened.size(), mistakes.size());
      for (std::size_t i = 0; i < mistakes.size(); ++i)
        EXPECT_NEAR(opened.at(i).at("probability"), mistakes.at(i).at("probability"), 1e-5);
    }
  }
};

TEST_F(NamesOfMistakes, FilesAreNamedFromTheSetAndNumberedWithTheDamagedOnes) {
  for (const char* name : {"red", "green", "blue"}) add("set/test/" + std::string(name) + "/000.png", 2, 10);
  io::write_file(folder_.path() / "set/test/blue/001.png", "\x89PNG\r\n\x1a\n and no more");
  add("set/test/blue/a/002.png", 0, 250);  // mistakes, the most confident first
  add("set/test/blue/b/002.png", 0, 200);
  const nlohmann::json json = json_of("evaluate", "--data folder:set --skip-damaged --mistakes m.png");
  const nlohmann::json& mistakes = json.at("mistakes");
  ASSERT_EQ(mistakes.size(), 4U);  // and the blue pictures among the green and the red
  // By number: blue 000, 001 (damaged), a/002, b/002, then green and red.
  EXPECT_EQ(mistakes.at(0).at("name"), "test/blue/a/002.png");
  EXPECT_EQ(mistakes.at(0).at("image"), "set/test/blue/a/002.png");
  EXPECT_EQ(mistakes.at(0).at("index"), 2);
  EXPECT_EQ(mistakes.at(1).at("name"), "test/blue/b/002.png");
  EXPECT_EQ(mistakes.at(1).at("index"), 3);
  expect_opened("folder:set:test", mistakes);
}

TEST_F(NamesOfMistakes, TheRowsOfACsvFileAreNamedByTheirPaths) {
  std::string csv = "path,label,split\n";
  for (int i = 0; i < 6; ++i) {
    const std::string name = "pictures/" + std::to_string(i) + ".png";
    add("lists/" + name, i % 3, 100 + 20 * i);
    csv += name + "," + (i == 4 ? "blue" : std::vector{"red", "green", "blue"}[i % 3]) +
           (i < 3 ? ",train\n" : ",test\n");
  }
  io::write_file(folder_.path() / "lists/pets.csv", csv);
  for (const std::string split : {"test", "all"}) {
    const nlohmann::json json =
        json_of("evaluate", "--data csv:lists/pets.csv --mistakes m.png --split " + split);
    ASSERT_EQ(json.at("mistakes").size(), 1U);
    EXPECT_EQ(json.at("mistakes").at(0).at("name"), "pictures/4.png");
    EXPECT_EQ(json.at("mistakes").at(0).at("index"), 1);
    expect_opened("csv:lists/pets.csv:test", json.at("mistakes"));
  }
}

TEST_F(EvaluateProgram, DrawnPicturesOfBothSplitsKeepTheirNames) {
  const nlohmann::json mistakes =
      report("evaluate", "--split all --limit 700 --data fashion-mnist --mistakes m.png").at("mistakes");
  std::map<std::string, nlohmann::json> of_split;  // one of each, since predict reads the set for every name
  for (const nlohmann::json& mistake : mistakes) {
    const std::string image = mistake.at("image");
    of_split.emplace(image.substr(0, image.rfind(':')), mistake);
  }
  ASSERT_EQ(of_split.count("fashion-mnist:train"), 1U);
  for (const auto& [split, mistake] : of_split) {
    const nlohmann::json opened =
        report("predict", "--image " + mistake.at("image").get<std::string>()).at("results").at(0);
    EXPECT_EQ(opened.at("predicted"), mistake.at("predicted"));
    EXPECT_NEAR(opened.at("probability"), mistake.at("probability"), 1e-4);
  }
}

}  // namespace
}  // namespace fathom
