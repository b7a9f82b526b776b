#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/script.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "fathom/image/picture.hpp"
#include "fathom/io/npy.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

#define MODELS FATHOM_SOURCE "/models/"
constexpr const char* kPython = "/usr/bin/python3";  // Debian's, the one that python3-torchvision is for

class AttributionProgram : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

  Outcome run(const std::string& flags) const {
    return run_program("attribution", flags + " --json -o " + path("out.png"));
  }
  nlohmann::json report(const std::string& flags) const {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.status, 0) << flags << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json();
  }
  /// What a wrong command line is told.
  std::string refusal(const std::string& flags) const {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.status, 2) << flags << outcome.err;
    return outcome.err;
  }

  TemporaryFolder folder_;
  const std::string cnn_ = "--model " MODELS "fashion-cnn.pt --image fashion-mnist:test:";
  const std::string mlp_ = "--model " MODELS "mnist-mlp.pt --image fashion-mnist:test:";
};

std::vector<std::string> methods_of(const nlohmann::json& report) {
  return report.at("methods").get<std::vector<std::string>>();
}

TEST_F(AttributionProgram, ReportsTheKeysThatScriptsRead) {
  const auto json = report(cnn_ + "0-1 --samples 2 --map " + path("map.npy"));
  EXPECT_EQ(methods_of(json),
            (std::vector<std::string>{"saliency", "input-x-gradient", "smoothgrad", "integrated-gradients",
                                      "grad-cam", "guided-grad-cam", "occlusion"}));
  const auto& results = json.at("results");
  ASSERT_EQ(results.size(), 14U);  // image by image, its methods in turn
  EXPECT_EQ(results[0].at("image"), "fashion-mnist:test:0");
  EXPECT_EQ(results[0].at("target"), "Ankle boot");
  EXPECT_EQ(results[7].at("image"), "fashion-mnist:test:1");
  EXPECT_EQ(results[7].at("method"), "saliency");
  for (const auto& result : results) {
    EXPECT_GT(result.at("probability"), 0.1);
    EXPECT_EQ(result.contains("completeness_gap"), result.at("method") == "integrated-gradients");
    EXPECT_EQ(result.at("faithfulness").size(), 2U);
    for (const char* area : {"deletion", "insertion"}) {
      EXPECT_GE(result.at("faithfulness").at(area), 0);
      EXPECT_LE(result.at("faithfulness").at(area), 1);
    }
  }
  EXPECT_EQ(json.at("summary").at("saliency").at("images"), 2);
  EXPECT_GE(json.at("summary").at("integrated-gradients").at("completeness_gap").at("largest"), 0);
  EXPECT_EQ(io::read_npy(path("map.npy")).sizes(), (std::vector<std::int64_t>{14, 28, 28}));
  EXPECT_EQ(image::read_picture(path("out.png")).size(0), 3);
}

TEST_F(AttributionProgram, FaithfulnessIsMeasuredBesideRandomAttribution) {
  const Outcome outcome =
      run(cnn_ + "0-9 --method occlusion,integrated-gradients --points 20 --faithfulness");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto json = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(methods_of(json), (std::vector<std::string>{"occlusion", "integrated-gradients", "random"}));
  for (const auto& result : json.at("results"))
    for (const char* key : {"deletion", "insertion", "infidelity", "sensitivity", "randomization"})
      EXPECT_TRUE(result.at("faithfulness").at(key).is_number()) << key;
  const auto& occlusion = json.at("summary").at("occlusion");
  const auto& random = json.at("summary").at("random");
  EXPECT_EQ(occlusion.at("images"), 10);
  EXPECT_GT(occlusion.at("insertion").at("mean"), random.at("insertion").at("mean"));
  EXPECT_LT(occlusion.at("deletion").at("ci95")[0], occlusion.at("deletion").at("mean"));
  EXPECT_TRUE(occlusion.at("insertion").at("clear_of_random").is_boolean());
  EXPECT_FALSE(random.at("insertion").contains("clear_of_random"));
  // Noise is another at every call, so nothing of it is kept, by any network.
  EXPECT_GT(random.at("sensitivity").at("mean"), 1);
  EXPECT_LT(random.at("randomization").at("mean"), 0.2);
  // A row per method in the table for people.
  EXPECT_NE(outcome.err.find("mean [95 % interval]"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("\nrandom "), std::string::npos) << outcome.err;
}

TEST_F(AttributionProgram, OnePictureIsNotComparedWithRandomAttribution) {
  const Outcome outcome = run(cnn_ + "0 --method saliency --faithfulness");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("one picture: no interval"), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.err.find(" *"), std::string::npos) << outcome.err;
  EXPECT_TRUE(nlohmann::json::parse(outcome.out)
                  .at("summary")
                  .at("saliency")
                  .at("deletion")
                  .at("clear_of_random")
                  .is_null());
}

TEST_F(AttributionProgram, OnePictureHasNoInterval) {
  const auto deletion = report(cnn_ + "0 --method saliency").at("summary").at("saliency").at("deletion");
  EXPECT_TRUE(deletion.at("mean").is_number());
  EXPECT_TRUE(deletion.at("ci95").is_null());
}

TEST_F(AttributionProgram, LeavesOutOfAllWhatTheModelCannot) {
  const Outcome outcome = run(mlp_ + "1 --samples 2");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(methods_of(nlohmann::json::parse(outcome.out)),
            (std::vector<std::string>{"saliency", "input-x-gradient", "smoothgrad", "integrated-gradients",
                                      "occlusion"}));
  EXPECT_NE(outcome.err.find("left out: grad-cam needs a convolutional stage, but this mlp has none"),
            std::string::npos)
      << outcome.err;
  EXPECT_NE(refusal(mlp_ + "1 --method saliency,grad-cam").find("grad-cam needs a convolutional stage"),
            std::string::npos);
}

TEST_F(AttributionProgram, TheMapsOfChannelsSumToTheMap) {
  const std::string flags = cnn_ + "3 --method integrated-gradients,input-x-gradient --points 8 --map ";
  report(flags + path("map.npy"));
  report(flags + path("channels.npy") + " --channels-map");
  const torch::Tensor map = io::read_npy(path("map.npy")), channels = io::read_npy(path("channels.npy"));
  EXPECT_EQ(channels.sizes(), (std::vector<std::int64_t>{2, 1, 28, 28}));
  EXPECT_TRUE(torch::allclose(channels.sum(1), map, 1e-5, 1e-7));
}

TEST_F(AttributionProgram, TakesListsOfFilesAndSlices) {
  image::write_picture(path("colour.png"), torch::randint(0, 255, {3, 50, 71}, torch::kByte));
  const auto json = report("--method saliency --model " MODELS "fashion-cnn.pt --image " +
                           path("colour.png") + ",fashion-mnist:test:5,fashion-mnist:train:0-1");
  std::vector<std::string> images;
  for (const auto& result : json.at("results")) images.push_back(result.at("image"));
  EXPECT_EQ(images, (std::vector<std::string>{path("colour.png"), "fashion-mnist:test:5",
                                              "fashion-mnist:train:0", "fashion-mnist:train:1"}));
}

TEST_F(AttributionProgram, TheSameCommandLineGivesTheSameMaps) {
  const StartedFromNothing each_run;
  const auto map = [&](const std::string& flags) {
    report(cnn_ + "2 --method smoothgrad --samples 3 --map " + path("map.npy") + " " + flags);
    return io::read_npy(path("map.npy"));
  };
  const torch::Tensor first = map("");
  EXPECT_TRUE(torch::equal(first, map("")));
  EXPECT_FALSE(torch::equal(first, map("--seed 1")));
  EXPECT_FALSE(torch::equal(first, map("--noise 0.3")));
}

TEST_F(AttributionProgram, FlagsReachTheirMethods) {
  const auto map = [&](const std::string& flags) {
    report(cnn_ + "2 --map " + path("map.npy") + " " + flags);
    return io::read_npy(path("map.npy"));
  };
  EXPECT_GE(map("--method grad-cam").min().item<float>(), 0);
  EXPECT_LT(map("--method grad-cam --no-relu --stage conv1 --target Bag").min().item<float>(), 0);
  const torch::Tensor gradients = map("--method integrated-gradients");
  for (const char* flags : {"--points 3", "--baseline white", "--baseline blur", "--target 3"})
    EXPECT_FALSE(torch::equal(gradients, map(std::string("--method integrated-gradients ") + flags)))
        << flags;
  EXPECT_FALSE(torch::equal(map("--method occlusion"), map("--method occlusion --window 4 --stride 2")));
}

TEST_F(AttributionProgram, SaysWhatIsWrongWithACommandLine) {
  const auto says = [&](const std::string& flags, const std::string& words) {
    const std::string told = refusal(flags);
    EXPECT_NE(told.find(words), std::string::npos) << flags << ": " << told;
  };
  says(cnn_ + "0 --method salience", "did you mean 'saliency'");
  says(cnn_ + "0 --method saliency,,occlusion", "an empty name");
  says(cnn_ + "0 --method saliency,saliency", "twice");
  says(cnn_ + "0 --method grad-cam --stage conv9", "no convolutional stage (--stage) 'conv9'");
  says(cnn_ + "0 --method saliency --stage conv1", "--stage is used by grad-cam and guided-grad-cam");
  says(cnn_ + "0 --method occlusion --points 3", "--points is used by integrated-gradients");
  says(mlp_ + "0 --no-relu", "--no-relu is used by");
  says(cnn_ + "0 --points 0", "--points must be");
  says(cnn_ + "0 --steps 0", "--steps must be");
  says(cnn_ + "0 --noise -1", "--noise must be");
  says(cnn_ + "0 --baseline green", "--baseline must be");
  says(cnn_ + "0 --channels-map", "--channels-map needs --map");
  says(cnn_ + "5-2", "did you mean 2-5");
  says(cnn_ + "9998-10000", "10000");
  says(cnn_ + "0-", "fashion-mnist:test:0-15");
  says(cnn_ + "0 --target Boat", "no class 'Boat'");
  says("--model " MODELS "fashion-cnn.pt", "--image is missing");
}

TEST_F(AttributionProgram, WritesNothingWhereTheModelIsMissing) {
  const Outcome outcome = run("--model " + path("none.pt") + " --image fashion-mnist:test:0");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_FALSE(std::filesystem::exists(path("out.png")));
}

/// Red speaks for class 0, green for 1, blue for 2: each pixel a hundredth of its logit.
TEST_F(AttributionProgram, RunsAClassifierOfOtherOrigin) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return x.mean([2, 3])\n");
  program.save(path("foreign.pt"));
  torch::Tensor picture = torch::zeros({3, 10, 10}, torch::kByte);
  picture[2].fill_(255);
  image::write_picture(path("blue.png"), picture);
  const auto json = report("--model " + path("foreign.pt") + " --input-size 10 --image " + path("blue.png") +
                           " --baseline black --channels-map --map " + path("map.npy") +
                           " --method integrated-gradients,saliency --faithfulness --steps 10");
  EXPECT_EQ(json.at("results")[0].at("target"), "class 2");
  EXPECT_LT(json.at("results")[0].at("completeness_gap"), 1e-5);
  EXPECT_TRUE(json.at("results")[0].at("faithfulness").at("infidelity").is_number());
  EXPECT_TRUE(json.at("results")[0].at("faithfulness").at("randomization").is_null());
  const torch::Tensor map = io::read_npy(path("map.npy"));  // [2 methods and random, 3, 10, 10]
  for (const auto method : {0, 1}) {
    EXPECT_TRUE(torch::allclose(map[method][2], torch::full({10, 10}, 0.01F), 1e-4)) << method;
    EXPECT_EQ(map[method].narrow(0, 0, 2).abs().max().item<float>(), 0) << method;
  }
  EXPECT_NE(refusal("--model " + path("foreign.pt") + " --input-size 10 --image " + path("blue.png") +
                    " --method grad-cam")
                .find("shows none"),
            std::string::npos);
}

/// A network of ImageNet's size that is not ours, with weights drawn from a seed.
TEST_F(AttributionProgram, ExplainsAResNetOfTorchvision) {
  if (run_command(fmt::format("{} -c 'import torchvision'", kPython)).status != 0)
    GTEST_SKIP() << "python3-torchvision is not installed";
  const Outcome exported =
      run_command(fmt::format("OMP_NUM_THREADS=1 {} '{}/tests/apps/export_resnet.py' '{}'", kPython,
                              FATHOM_SOURCE, path("resnet.pt")));
  ASSERT_EQ(exported.status, 0) << exported.err;
  // Smooth blobs: a picture with something in it, the same at every run.
  const torch::Tensor y = torch::arange(224).view({224, 1}) / 30.0,
                      x = torch::arange(224).view({1, 224}) / 40.0;
  const torch::Tensor blobs = torch::stack({(x + y).sin(), (x - 2 * y).cos(), (x * y).sin()});
  image::write_picture(path("blobs.png"), (127.5 * (blobs + 1)).to(torch::kByte));
  const std::string model = "--model " + path("resnet.pt") + " --image " + path("blobs.png") +
                            " --input-size 224 --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225";
  const auto json =
      report(model + " --steps 4 --samples 2 --points 16 --window 112 --stride 112 --map " + path("map.npy"));
  EXPECT_EQ(methods_of(json), (std::vector<std::string>{"saliency", "input-x-gradient", "smoothgrad",
                                                        "integrated-gradients", "occlusion"}));
  const torch::Tensor map = io::read_npy(path("map.npy"));
  EXPECT_EQ(map.sizes(), (std::vector<std::int64_t>{5, 224, 224}));
  for (int method = 0; method < 5; ++method) EXPECT_GT(map[method].abs().max().item<float>(), 0) << method;
  EXPECT_LE(json.at("results")[3].at("completeness_gap"), 0.005);
  EXPECT_NE(refusal(model + " --method grad-cam").find("needs a network with stages"), std::string::npos);
}

TEST_F(AttributionProgram, ErrorsAboutAMethodsOptionNameItsFlag) {
  const std::pair<std::string, std::string> cases[] = {
      {"0 --window 40", "the window (--window) 40x40 exceeds"},
      {"0 --method occlusion --window 4 --stride 9",
       "the stride (--stride) 9x9 exceeds the window (--window) 4x4"},
      {"0 --method grad-cam --stage zzz", "no convolutional stage (--stage) 'zzz'"},
      {"0 --baseline zzz",
       "--baseline must be mean, black, white, grey, blur, or a number from 0 to 1, not 'zzz'"}};
  for (const auto& [flags, message] : cases) {
    const std::string err = refusal(cnn_ + flags);
    EXPECT_NE(err.find(message), std::string::npos) << err;
  }
}

TEST_F(AttributionProgram, TheLargestValueIsSaidToBeSoInSizeIfItIsNegative) {
  const Outcome outcome = run_program(
      "attribution", cnn_ + "0-7 --method occlusion,integrated-gradients --points 10 -o " + path("out.png"));
  bool has_positive = false;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    if (line.find("largest ") == std::string::npos) continue;
    EXPECT_EQ(line.find("largest -"), std::string::npos) << line;
    has_positive |= line.find("largest in size") == std::string::npos;
  }
  EXPECT_TRUE(has_positive) << outcome.out;
}

}  // namespace
}  // namespace fathom
