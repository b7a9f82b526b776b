/// Classifiers as they are found, made by Python, give the probabilities and the maps that Python computes.
#include <gtest/gtest.h>
#include <torch/script.h>

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "fathom/image/picture.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

constexpr const char* kPythonOfModels = "/usr/bin/python3";  // Debian's, the one that python3-torch is for

class ForeignModels : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  /// Nine times the mean of each channel; `end` is what comes behind it.
  void save_means(const std::string& name, const std::string& end = "") const {
    torch::jit::Module program("foreign");
    program.define("def forward(self, x):\n    return (9 * x.mean([2, 3]))" + end + "\n");
    program.save(path(name));
  }
  nlohmann::json report(const std::string& program, const std::string& flags) const {
    const Outcome outcome = run_program(program, flags + " --json");
    EXPECT_EQ(outcome.status, 0) << flags << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json();
  }
  std::string refusal(const std::string& program, const std::string& flags) const {
    const bool has_out = flags.find(" -o ") != std::string::npos;
    const Outcome outcome = run_program(program, has_out ? flags : flags + " -o " + path("out.png"));
    EXPECT_EQ(outcome.status, 2) << flags << outcome.err;
    return outcome.err;
  }

  TemporaryFolder folder_;
};

bool says(const nlohmann::json& report, const std::string& part) {
  for (const auto& note : report.at("notes"))
    if (note.get<std::string>().find(part) != std::string::npos) return true;
  return false;
}

TEST_F(ForeignModels, AnswerAsPythonDoes) {
  if (run_command(fmt::format("{} -c 'import torch, PIL'", kPythonOfModels)).status != 0)
    GTEST_SKIP() << "python3-torch or python3-pil is not installed";
  const Outcome exported =
      run_command(fmt::format("OMP_NUM_THREADS=1 {} '{}/tests/apps/export_classifiers.py' '{}'",
                              kPythonOfModels, FATHOM_SOURCE, folder_.path().string()));
  ASSERT_EQ(exported.status, 0) << exported.err;
  const nlohmann::json expected = nlohmann::json::parse(io::read_file(path("expected.json")));
  for (const auto& [name, answer] : expected.items()) {
    const auto json =
        report("occlusion",
               "--model " + path(name + ".pt") + " --image " + path("picture.png") +
                   " --mean 0,0,0 --std 1,1,1 --input-size 12 --baseline black --window 4 --stride 4 --map " +
                   path("map.npy") + " -o " + path("out.png"));
    if (json.is_null()) continue;
    EXPECT_EQ(json.at("predicted"), answer.at("predicted")) << name;
    EXPECT_NEAR(json.at("probability").get<double>(), answer.at("probability").get<double>(), 1e-5) << name;
    const std::string note = answer.at("note");
    if (note.empty())
      EXPECT_FALSE(says(json, "the model")) << name << json.at("notes");
    else
      EXPECT_TRUE(says(json, note)) << name << json.at("notes");
    const torch::Tensor theirs = torch::tensor(answer.at("map").get<std::vector<float>>()).view({12, 12});
    EXPECT_TRUE(torch::allclose(io::read_npy(path("map.npy")), theirs, 1e-3, 1e-4)) << name;
  }
}

TEST_F(ForeignModels, AnOutputIsChosenByAFlag) {
  save_means("both.pt", ", 9 * x.mean([2, 3]).flip([1])");
  image::write_picture(
      path("red.png"),
      torch::tensor({255, 0, 0}, torch::kByte).view({3, 1, 1}).expand({3, 8, 8}).contiguous());
  const std::string flags = "--model " + path("both.pt") +
                            " --mean 0,0,0 --std 1,1,1 --input-size 8 --image " + path("red.png") + " -o " +
                            path("out.png");
  const auto first = report("occlusion", flags), second = report("occlusion", flags + " --output 1");
  EXPECT_EQ(first.at("predicted"), "class 0");
  EXPECT_TRUE(says(first, "'0' is used as the scores")) << first.at("notes");
  EXPECT_EQ(second.at("predicted"), "class 2");
  EXPECT_FALSE(says(second, "the model")) << second.at("notes");
  EXPECT_NE(refusal("occlusion", flags + " --output 7").find("gives no output '7'"), std::string::npos);
}

TEST_F(ForeignModels, TheScaleOfTheOutputIsSetByAFlag) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return torch.softmax(9 * x.mean([2, 3]), 1)\n");
  program.save(path("softmax.pt"));
  image::write_picture(path("grey.png"), torch::full({3, 8, 8}, 128, torch::kByte));
  const std::string image = " --image " + path("grey.png") + " -o " + path("out.png");
  const std::string flags =
      "--model " + path("softmax.pt") + " --mean 0,0,0 --std 1,1,1 --input-size 8" + image;
  EXPECT_NEAR(report("occlusion", flags).at("score").get<double>(), std::log(1 / 3.0), 1e-5);
  const auto raw = report("occlusion", flags + " --output-scale logits");
  EXPECT_NEAR(raw.at("score").get<double>(), 1 / 3.0, 1e-5);
  EXPECT_TRUE(says(raw, "the output scale is given")) << raw.at("notes");
  EXPECT_NE(refusal("occlusion", flags + " --output-scale log-sigmoids")
                .find("the output scale (--output-scale) cannot be log-sigmoids"),
            std::string::npos);
  EXPECT_NE(refusal("occlusion", flags + " --output-scale sigmoid").find("--output-scale must be"),
            std::string::npos);
  EXPECT_NE(refusal("occlusion", "--model fashion-cnn --output-scale logits" + image)
                .find("--output-scale has no effect on a model with a card"),
            std::string::npos);
  EXPECT_NE(refusal("occlusion", flags + " --output ''").find("--output '' names no output"),
            std::string::npos);
}

TEST_F(ForeignModels, AMapThatIsFlatIsExplained) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return torch.softmax(900 * x.mean([2, 3]), 1)\n");
  program.save(path("sure.pt"));
  image::write_picture(
      path("red.png"),
      torch::tensor({255, 0, 0}, torch::kByte).view({3, 1, 1}).expand({3, 8, 8}).contiguous());
  const std::string flags = "--model " + path("sure.pt") +
                            " --mean 0,0,0 --std 1,1,1 --input-size 8 --image " + path("red.png") + " -o " +
                            path("out.png");
  for (const char* program_name : {"occlusion", "attribution"}) {
    const auto json = report(program_name, flags);
    EXPECT_TRUE(says(json, "saturated for this picture")) << program_name << json.at("notes");
  }
  torch::jit::Module single("foreign");
  single.define("def forward(self, x):\n    return 3 * x.mean([1, 2, 3]) - 2\n");
  single.save(path("sure.pt"));
  EXPECT_TRUE(says(report("occlusion", flags), "the logit of 'class 0' is always 0"));
  EXPECT_FALSE(says(report("occlusion", flags + " --target 1"), "always 0"));
  EXPECT_FALSE(says(report("occlusion", flags + " --score probability"), "always 0"));
}

TEST_F(ForeignModels, WhatIsAssumedAboutTheInputIsSaid) {
  save_means("plain.pt");
  image::write_picture(path("grey.png"), torch::full({3, 8, 8}, 128, torch::kByte));
  const std::string flags = "--model " + path("plain.pt") + " --input-size 8 --image " + path("grey.png") +
                            " -o " + path("out.png");
  EXPECT_TRUE(says(report("occlusion", flags),
                   "assumed to be RGB pixels in [0, 1], not normalised (see --channels, --mean, --std)"));
  EXPECT_TRUE(says(report("occlusion", flags + " --channels bgr --mean 0,0,0"),
                   "pixels in [0, 1], minus the mean, not divided by a deviation (see --std)"));
  EXPECT_TRUE(says(report("occlusion", flags + " --std 1,1,1"),
                   "divided by the deviation, without subtracting a mean"));
  EXPECT_FALSE(says(report("occlusion", flags + " --mean 0,0,0 --std 1,1,1"), "no card"));
}

/// Red in the middle, blue at both ends, which the crop leaves out.
TEST_F(ForeignModels, EveryProgramCropsTheCentre) {
  save_means("means.pt");
  torch::Tensor picture = torch::zeros({3, 16, 48}, torch::kByte);
  picture[2].fill_(255);
  picture.slice(2, 16, 32).select(0, 2).fill_(0);
  picture.slice(2, 16, 32).select(0, 0).fill_(255);
  image::write_picture(path("set/train/red/a.png"), picture);
  image::write_picture(path("set/test/red/b.png"), picture);
  for (const char* other : {"green", "yellow"})
    for (const char* part : {"train", "test"})
      image::write_picture(path(fmt::format("set/{}/{}/c.png", part, other)),
                           torch::full({3, 16, 16}, 255, torch::kByte));
  io::write_file(path("labels.txt"), "red\ngreen\nyellow\n");
  io::write_file(path("sorted.txt"), "green\nred\nyellow\n");
  const std::string model = "--model " + path("means.pt") + " --resize 8 --crop 8";
  const auto shown = report("occlusion", model + " --labels " + path("labels.txt") + " --image " +
                                             path("set/test/red/b.png") + " -o " + path("out.png"));
  EXPECT_EQ(shown.at("predicted"), "red");
  EXPECT_GT(shown.at("probability").get<double>(), 0.999);
  save_means("sorted.pt", ".index_select(1, torch.tensor([1, 0, 2]))");
  const auto scored = [&](const std::string& fit) {
    return report("evaluate", "--model " + path("sorted.pt") + " --labels " + path("sorted.txt") +
                                  " --data folder:" + path("set") + fit)
        .at("per_class")
        .at("red")
        .get<double>();
  };
  EXPECT_EQ(scored(" --resize 8 --crop 8"), 1);
  EXPECT_EQ(scored(" --input-size 8"), 0);  // stretched, two thirds are blue
  EXPECT_NE(refusal("occlusion", model + " --fit crop --image " + path("set/test/red/b.png"))
                .find("--fit has no effect with --resize or --crop"),
            std::string::npos);
  EXPECT_NE(refusal("occlusion", model + " --input-size 12 --image " + path("set/test/red/b.png"))
                .find("--crop must be the model's input size, 12x12"),
            std::string::npos);
}

/// The score of class 1 grows with brightness.
TEST_F(ForeignModels, ABrightPictureForADarkModelIsHintedAt) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return 9 * x.mean([1, 2, 3])\n");
  program.save(path("digits.pt"));
  image::write_picture(path("paper.png"), torch::full({1, 28, 28}, 230, torch::kByte));
  const std::string flags = "--model " + path("digits.pt") +
                            " --channels grey --input-size 28 --mean 0.1307 --std 0.3081 --image " +
                            path("paper.png") + " -o " + path("out.png");
  const auto as_it_is = report("occlusion", flags), inverted = report("occlusion", flags + " --invert");
  EXPECT_TRUE(says(as_it_is, "--invert")) << as_it_is.at("notes");
  EXPECT_FALSE(says(inverted, "--invert")) << inverted.at("notes");
  EXPECT_EQ(as_it_is.at("predicted"), "class 1");
  EXPECT_EQ(inverted.at("predicted"), "class 0");  // (25 / 255 - 0.1307) / 0.3081 is below 0
}

TEST_F(ForeignModels, TakeAsManyBandsAsTheyWant) {
  save_means("means.pt");
  torch::Tensor bands = torch::zeros({5, 8, 8}, torch::kByte);
  bands[3].fill_(200);
  io::write_npy(path("bands.npy"), bands);
  const std::string flags = "--model " + path("means.pt") + " --input-size 8 --image " + path("bands.npy") +
                            " -o " + path("out.png");
  EXPECT_EQ(report("occlusion", flags + " --channels 5").at("predicted"), "class 3");
  EXPECT_EQ(report("attribution", flags + " --channels 5 --method saliency").at("results")[0].at("target"),
            "class 3");
  EXPECT_EQ(run_program("occlusion", flags + " --channels 4").status, 1);
  EXPECT_NE(refusal("occlusion", flags + " --channels 0").find("--channels must be"), std::string::npos);
  EXPECT_NE(refusal("activation_max", "--channels 5 --input-size 8 --model " + path("means.pt"))
                .find("the model takes 5"),
            std::string::npos);
  image::write_picture(path("opaque.png"), torch::zeros({3, 8, 8}, torch::kByte));
  const auto opaque =
      report("occlusion", "--model " + path("means.pt") + " --input-size 8 --channels rgba --image " +
                              path("opaque.png") + " -o " + path("out.png"));
  EXPECT_EQ(opaque.at("predicted"), "class 3");
  EXPECT_TRUE(says(opaque, "has no opacity")) << opaque.at("notes");
}

/// 28 x 28 grey pictures for a network of 32 x 32 RGB.
TEST_F(ForeignModels, EvaluateFitsPicturesOfAnotherShape) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return 100 * x.mean([1, 2])[:, 0:10] - 20\n");
  program.save(path("rows.pt"));
  const auto json =
      report("evaluate", "--model " + path("rows.pt") + " --input-size 32 --data fashion-mnist --limit 100");
  EXPECT_TRUE(says(json, "are 28x28 grey: they are fitted to the model's 32x32 RGB")) << json.at("notes");
}

/// The brightest pixels of the picture change what the program sees of all others, so windows must not be run
/// beside windows that do not cover them.
TEST_F(ForeignModels, MapsOfProgramsThatMixPicturesAreThoseOfSingleWindows) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return 9 * (x / x.max()).mean([2, 3])\n");
  program.save(path("relative.pt"));
  torch::Tensor picture = torch::full({3, 8, 8}, 51, torch::kByte);
  picture[1].fill_(40);
  picture.slice(1, 0, 4).slice(2, 4, 8).fill_(255);
  image::write_picture(path("peak.png"), picture);
  const auto json =
      report("occlusion", "--model " + path("relative.pt") + " --mean 0,0,0 --std 1,1,1 " +
                              "--input-size 8 --baseline black --window 4 --stride 4 --image " +
                              path("peak.png") + " --map " + path("map.npy") + " -o " + path("out.png"));
  EXPECT_TRUE(says(json, "one by one")) << json.at("notes");
  // Class 0 as it is: (1 + 3 * 0.2) / 4. Without the peak, three quarters are the brightest.
  const float whole = 9 * 0.4F, dim = whole - 9 * 0.35F, peak = whole - 9 * 0.75F;
  const torch::Tensor map = io::read_npy(path("map.npy"));
  EXPECT_NEAR(map[0][0].item<float>(), dim, 1e-4);
  EXPECT_NEAR(map[0][7].item<float>(), peak, 1e-4);
  EXPECT_NEAR(map[7][0].item<float>(), dim, 1e-4);
  EXPECT_NEAR(map[7][7].item<float>(), dim, 1e-4);
}

TEST_F(ForeignModels, NamesOfSeveralClassesAreToldAndRefusedAsTargets) {
  save_means("birds.pt");
  image::write_picture(path("grey.png"), torch::full({3, 8, 8}, 128, torch::kByte));
  io::write_file(path("birds.txt"), "crane\nheron\ncrane\n");
  const std::string flags = "--model " + path("birds.pt") +
                            " --mean 0,0,0 --std 1,1,1 --input-size 8 --image " + path("grey.png") +
                            " --labels " + path("birds.txt");
  const auto json = report("occlusion", flags + " --target 2 -o " + path("out.png"));
  EXPECT_EQ(json.at("target"), "crane");
  EXPECT_TRUE(says(json, "the name 'crane' stands for the classes 0 and 2")) << json.at("notes");
  EXPECT_NE(refusal("occlusion", flags + " --target crane")
                .find("the name 'crane' stands for the classes 0 and 2: give the index instead"),
            std::string::npos);
}

}  // namespace
}  // namespace fathom
