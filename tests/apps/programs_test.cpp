#include <gtest/gtest.h>
#include <torch/script.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

#define MODELS FATHOM_SOURCE "/models/"

constexpr int kCannotLoad = 127;  // the dynamic linker's, where its libraries find no room

class OcclusionProgram : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  /// The raw map of a picture that the model has some doubts about.
  torch::Tensor map(const std::string& flags) const {
    const Outcome outcome =
        run_program("occlusion", "--model " MODELS "mnist-mlp.pt --image fashion-mnist:test:1 --map " +
                                     path("map.npy") + " -o " + path("out.png") + " " + flags);
    EXPECT_EQ(outcome.status, 0) << flags << outcome.err;
    return io::read_npy(path("map.npy"));
  }

  TemporaryFolder folder_;
};

TEST_F(OcclusionProgram, ReportsTheKeysThatScriptsRead) {
  const Outcome outcome =
      run_program("occlusion", "--model " MODELS "fashion-cnn.pt --image fashion-mnist:test:0 --json --map " +
                                   path("map.npy") + " -o " + path("deep/er/map.png"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report.at("predicted"), "Ankle boot");
  EXPECT_EQ(report.at("target"), "Ankle boot");
  EXPECT_EQ(report.at("windows"), 64);  // window 7, stride 3 on 28
  for (const char* key : {"probability", "score", "seconds", "breakdown"})
    EXPECT_TRUE(report.contains(key)) << key;
  for (const char* end : {"most_important", "least_important"})
    for (const char* key : {"x", "y", "width", "height", "score_drop", "probability"})
      EXPECT_TRUE(report.at(end).contains(key)) << end << key;
  EXPECT_GT(report.at("most_important").at("score_drop"), report.at("least_important").at("score_drop"));
  EXPECT_EQ(io::read_npy(path("map.npy")).sizes(), (std::vector<std::int64_t>{28, 28}));
  EXPECT_EQ(image::read_picture(path("deep/er/map.png")).size(0), 3);
}

TEST_F(OcclusionProgram, AllTargetsGivesTheMapOfEveryClass) {
  const torch::Tensor all = map("--all-targets");
  EXPECT_EQ(all.sizes(), (std::vector<std::int64_t>{10, 28, 28}));
  for (const int target : {0, 7})
    EXPECT_TRUE(torch::equal(all[target], map("--target " + std::to_string(target))));
  EXPECT_FALSE(torch::equal(all[0], all[7]));
}

TEST_F(OcclusionProgram, TakesPicturesOfAnySizeAndKind) {
  const torch::Tensor colour = torch::randint(0, 255, {3, 150, 211}, torch::kByte);
  image::write_picture(path("colour.png"), colour);
  image::write_picture(path("colour.jpg"), colour);
  image::write_picture(path("grey.png"), image::to_grey(colour));
  image::write_picture(path("dot.png"), colour.narrow(1, 0, 1).narrow(2, 0, 1).contiguous());
  for (const char* name : {"colour.png", "colour.jpg", "grey.png", "dot.png"})
    for (const char* model : {"cifar10-cnn.pt", "mnist-bilstm.pt"})
      for (const char* fit : {"stretch", "crop"}) {
        const Outcome outcome =
            run_program("occlusion", std::string("--model " MODELS) + model + " --image " + path(name) +
                                         " --window 12 --stride 10 --fit " + fit + " -o " + path("out.png"));
        EXPECT_EQ(outcome.status, 0) << name << ' ' << model << ' ' << outcome.err;
      }
}

TEST_F(OcclusionProgram, ABaselineIsWhatItsNameSays) {
  const torch::Tensor black = map("--baseline black"), white = map("--baseline white");
  EXPECT_TRUE(torch::equal(black, map("--baseline 0")));
  EXPECT_TRUE(torch::equal(white, map("--baseline 1")));
  EXPECT_TRUE(torch::equal(map("--baseline grey"), map("--baseline 0.5")));
  EXPECT_TRUE(torch::equal(map("--baseline mean"), map("")));
  EXPECT_FALSE(torch::equal(black, white));
  EXPECT_FALSE(torch::equal(black, map("--baseline blur")));
}

TEST_F(OcclusionProgram, AProbabilityNeverFallsByMoreThanItIs) {
  EXPECT_LE(map("--score probability").max().item<float>(), 1.F);
  EXPECT_GT(map("--score logit --baseline white").abs().max().item<float>(), 1.F);
}

TEST_F(OcclusionProgram, WindowAndStrideMayDifferPerAxis) {
  const Outcome outcome = run_program(
      "occlusion", "--model " MODELS
                   "mnist-mlp.pt --image fashion-mnist:test:1 --window 3x9 --stride 2x9 --json -o " +
                       path("out.png"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  // ceil(25 / 2) + 1 = 14 rows of ceil(19 / 9) + 1 = 4
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("windows"), 56);
}

TEST_F(OcclusionProgram, RunsAClassifierOfOtherOrigin) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return x.mean([2, 3])\n");
  program.save(path("foreign.pt"));
  io::write_file(path("labels.txt"), "red\r\ngreen\r\nblue\r\n");
  torch::Tensor picture = torch::zeros({3, 20, 20}, torch::kByte);
  picture[2].fill_(255);
  image::write_picture(path("blue.png"), picture);
  const auto predicted = [&](const std::string& flags) {
    const Outcome outcome =
        run_program("occlusion", "--model " + path("foreign.pt") + " --image " + path("blue.png") +
                                     " --input-size 8 --labels " + path("labels.txt") + " --json -o " +
                                     path("out.png") + " " + flags);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out).at("predicted").get<std::string>();
  };
  EXPECT_EQ(predicted(""), "blue");
  EXPECT_EQ(predicted("--channels bgr"), "red");  // the program's first channel is then the picture's blue
  EXPECT_EQ(predicted("--mean 0,0,1"), "red");    // the first of equals above what the mean leaves of blue
}

TEST(Demo, WritesAPageWithEverythingInside) {
  const TemporaryFolder folder;
  const std::string page = (folder.path() / "index.html").string();
  const Outcome outcome =
      run_program("demo", "--model " MODELS "fashion-cnn.pt --classes 2 --json --interview " +
                              (folder.path() / "interview/index.html").string() + " -o " + page);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto report = nlohmann::json::parse(outcome.out);
  const checkpoint::ModelCard card = checkpoint::load_checkpoint(MODELS "fashion-cnn.pt").card;
  EXPECT_NEAR(report.at("accuracy"), card.test_accuracy,
              2e-4);  // two pictures, where another CPU rounds otherwise
  const std::string html = io::read_file(page);
  std::size_t pictures = 0;
  for (std::size_t at = html.find("<img"); at != std::string::npos; at = html.find("<img", at + 1))
    ++pictures;
  // Two classes, a mistake seen twice, attributions, maximised classes, filters, samples of a generator, ways
  // between them, its learning, the confusion matrix.
  EXPECT_EQ(pictures, 11U);
  EXPECT_EQ(html.find("http"), std::string::npos);
  EXPECT_NE(html.find("<a href=\"interview/index.html\">"), std::string::npos);
}

TEST(Models, KeepTheAccuracyOnTheirCards) {
  for (const char* name :
       {"fashion-cnn.pt", "mnist-cnn.pt", "mnist-mlp.pt", "mnist-bilstm.pt", "cifar10-cnn.pt"}) {
    const checkpoint::ModelCard card = checkpoint::load_checkpoint(std::string(MODELS) + name).card;
    if (card.data_set != "fashion-mnist" && std::getenv("FATHOM_DATA") == nullptr)
      GTEST_SKIP() << "$FATHOM_DATA is not set, so " << card.data_set << " is not at hand";
    const Outcome outcome = run_program("evaluate", std::string("--json --model " MODELS) + name);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NEAR(nlohmann::json::parse(outcome.out).at("accuracy"), card.test_accuracy, 2e-4) << name;
  }
}

/// OpenBLAS tries for ever to get a buffer that it cannot have.
TEST(Programs, EndUnderAnyLimitOfMemory) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  for (const std::string& call :
       {"occlusion --model " MODELS "fashion-cnn.pt --image fashion-mnist:test:0 -o '" + out + ".png'",
        "train --model cnn --data fashion-mnist --limit 300 --epochs 1 -o '" + out + ".pt'"})
    for (const int kibibytes : {1'000'000, 1'100'000, 1'200'000, 1'400'000, 2'000'000}) {
      const Outcome outcome =
          run_command(fmt::format("ulimit -v {}; timeout 100 '{}'/{}", kibibytes, FATHOM_BIN, call));
      EXPECT_TRUE(outcome.status == 0 || outcome.status == 1 || outcome.status == kCannotLoad)
          << call << " with " << kibibytes << ": " << outcome.status << outcome.err;
      if (outcome.status == 1) {
        EXPECT_NE(outcome.err.find(": error: "), std::string::npos) << outcome.err;
        EXPECT_LE(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 3) << outcome.err;
      }
    }
}

TEST(Programs, HelpAndVersionAreNoErrors) {
  for (const char* program :
       {"train", "evaluate", "predict", "info", "occlusion", "attribution", "activation_max", "filters",
        "augment_preview", "train_gan", "sample_gan", "fetch_data", "demo", "interview"}) {
    const Outcome help = run_program(program, "--help");
    EXPECT_EQ(help.status, 0) << program;
    EXPECT_NE(help.out.find("Examples:"), std::string::npos) << program;
    const Outcome version = run_program(program, "--version");
    EXPECT_EQ(version.status, 0) << program;
    EXPECT_NE(version.out.find("LibTorch"), std::string::npos) << version.out;
  }
}

}  // namespace
}  // namespace fathom
