#include <gtest/gtest.h>
#include <torch/script.h>

#include <nlohmann/json.hpp>

#include "fathom/image/picture.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

#define MODELS FATHOM_SOURCE "/models/"
const std::string kFashion = "--model " MODELS "fashion-cnn.pt ";

using Sizes = std::vector<std::int64_t>;

class ActivationMaxProgram : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome run(const std::string& flags) const {
    return run_program("activation_max",
                       flags + " --json -o " + path("sheet.png") + " --map " + path("map.npy"));
  }
  nlohmann::json report(const std::string& flags) const {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.status, 0) << flags << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json();
  }
  std::string foreign() const {
    torch::jit::Module program("foreign");
    program.define("def forward(self, x):\n    return x.mean([2, 3])\n");
    program.save(path("foreign.pt"));
    return "--model " + path("foreign.pt") + " --input-size 8 ";
  }

  TemporaryFolder folder_;
};

TEST_F(ActivationMaxProgram, MakesAPicturePerClass) {
  const auto json = report(kFashion + "--all-classes --steps 8");
  ASSERT_EQ(json.at("targets").size(), 10);
  EXPECT_EQ(json.at("targets")[9].at("name"), "Ankle boot");
  for (const auto& target : json.at("targets")) {
    EXPECT_TRUE(target.at("start").is_number());
    EXPECT_TRUE(target.at("end").is_number());
    EXPECT_GE(target.at("probability").get<double>(), 0);
    EXPECT_LE(target.at("probability").get<double>(), 1);
  }
  EXPECT_EQ(json.at("steps"), 8);
  for (const char* key : {"steps_per_second", "images_per_second", "seconds"})
    EXPECT_GT(json.at(key), 0) << key;
  const torch::Tensor map = io::read_npy(path("map.npy"));
  EXPECT_EQ(map.sizes(), (Sizes{10, 1, 28, 28}));
  EXPECT_GE(map.min().item<float>(), 0);
  EXPECT_LE(map.max().item<float>(), 1);
  EXPECT_EQ(image::read_picture(path("sheet.png")).size(0), 3);
}

TEST_F(ActivationMaxProgram, MakesVariantsOfAChannel) {
  const auto json =
      report("--model " MODELS "cifar10-cnn.pt --stage conv2 --channel 5 --variants 2 --steps 8");
  ASSERT_EQ(json.at("targets").size(), 2);
  const torch::Tensor map = io::read_npy(path("map.npy"));
  EXPECT_EQ(map.sizes(), (Sizes{2, 3, 32, 32}));
  EXPECT_FALSE(torch::equal(map[0], map[1]));
  for (const auto& target : json.at("targets")) EXPECT_GT(target.at("end"), target.at("start"));
}

TEST_F(ActivationMaxProgram, TheSameSeedGivesTheSameBytesAndAnotherOthers) {
  const StartedFromNothing each_run;
  const auto bytes = [&](const std::string& seed) {
    report(kFashion + "--class bag --steps 4 --seed " + seed);
    return io::read_file(path("sheet.png")) + io::read_file(path("map.npy"));
  };
  const std::string first = bytes("1");
  EXPECT_TRUE(first == bytes("1"));
  EXPECT_FALSE(first == bytes("2"));
}

TEST_F(ActivationMaxProgram, WhatTheNetworkDoesNotCareAboutTakesTheBackground) {
  const auto brightness = [&](const std::string& flags) {
    report(kFashion + "--class bag --steps 60 --l2 10000 " + flags);
    return io::read_npy(path("map.npy")).mean().item<double>();
  };
  EXPECT_LT(brightness(""), 0.2);  // black
  EXPECT_NEAR(brightness("--background mean"), 0.286, 0.1);
  EXPECT_GT(brightness("--background 0.9"), 0.7);
}

TEST_F(ActivationMaxProgram, WritesTheAscentAsPictures) {
  report(kFashion + "--class bag --steps 3 --animate " + path("frames") + "/");
  EXPECT_GT(image::read_picture(path("frames/0000.png")).numel(), 0);
  EXPECT_GT(image::read_picture(path("frames/0003.png")).numel(), 0);
  report(kFashion + "--class bag --steps 3 --animate " + path("ascent.gif"));
  EXPECT_EQ(io::read_file(path("ascent.gif")).substr(0, 6), "GIF89a");
}

TEST_F(ActivationMaxProgram, ListsTheStages) {
  const Outcome outcome = run_program("activation_max", kFashion + "--list-stages --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto stages = nlohmann::json::parse(outcome.out).at("stages");
  EXPECT_EQ(stages.front().at("name"), "conv1");
  EXPECT_EQ(stages.back().at("name"), "logits");
}

TEST_F(ActivationMaxProgram, TakesTheClassesOfAnyProgram) {
  EXPECT_EQ(report(foreign() + "--steps 3").at("targets").size(), 3);
  const Outcome outcome = run(foreign() + "--stage conv1 --channel 0");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("TorchScript"), std::string::npos) << outcome.err;
}

/// The first class is wanted least by the brightest pictures, which a large l2 forces on all.
TEST_F(ActivationMaxProgram, AnAscentThatEndsBelowItsStartIsSaid) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    y = x.mean([2, 3])\n    return torch.cat([-y, y], 1)\n");
  program.save(path("dark.pt"));
  const std::string flags = "--model " + path("dark.pt") +
                            " --input-size 8 --class 0 --objective logit --steps 20 --background white --l2 ";
  const auto forced = report(flags + "1000000");
  EXPECT_LT(forced.at("targets")[0].at("end"), forced.at("targets")[0].at("start"));
  EXPECT_NE(forced.at("notes").dump().find("the picture ends with a lower logit"), std::string::npos)
      << forced;
  const Outcome free = run(flags + "0");
  EXPECT_EQ(free.err.find("than at the start"), std::string::npos) << free.err;
  EXPECT_NE(free.err.find(" logit "), std::string::npos) << free.err;
  EXPECT_NE(free.err.find("wrote " + path("map.npy")), std::string::npos) << free.err;
}

TEST_F(ActivationMaxProgram, SaysWhatIsWrongAndWritesNothing) {
  struct Case {
    std::string flags, says;
  };
  for (const Case& c : std::vector<Case>{{"--class bga", "did you mean 'Bag'?"},
                                         {"--stage cnv3 --channel 0", "did you mean 'conv3'?"},
                                         {"--stage conv1 --channel 16", "--channel must be"},
                                         {"--stage conv1", "--all-channels"},
                                         {"--channel 3", "--stage"},
                                         {"--stage conv1 --channel 0 --class bag", "--class"},
                                         {"--steps 0", "--steps must be"},
                                         {"--lr nan", "--lr must be"},
                                         {"--param wavelet", "--param must be pixel|fourier"},
                                         {"--background red", "--background must be"},
                                         {"--jitter -1", "--jitter must be"},
                                         {"--animate ascent.tiff", ".tiff"}}) {
    const Outcome outcome = run(kFashion + c.flags);
    EXPECT_EQ(outcome.status, 2) << c.flags;
    EXPECT_NE(outcome.err.find(c.says), std::string::npos) << c.flags << outcome.err;
  }
  EXPECT_FALSE(std::filesystem::exists(path("sheet.png")));
  EXPECT_FALSE(std::filesystem::exists(path("map.npy")));
  EXPECT_EQ(run(kFashion + "--animate /dev/null/ascent.gif").status, 1);
}

}  // namespace
}  // namespace fathom
