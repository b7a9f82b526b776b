#include <gtest/gtest.h>
#include <torch/script.h>

#include <nlohmann/json.hpp>

#include "fathom/checkpoint/checkpoint.hpp"
#include "fathom/core/runtime.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/io/npy.hpp"
#include "fathom/models/image_model.hpp"
#include "run_program.hpp"

namespace fathom {
namespace {

#define MODELS FATHOM_SOURCE "/models/"

using Sizes = std::vector<std::int64_t>;

class FiltersProgram : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome run(const std::string& flags) const {
    return run_program("filters", flags + " --json -o " + path("sheet.png") + " --map " + path("map.npy"));
  }
  /// The report of a run that must succeed.
  nlohmann::json report(const std::string& flags) const {
    const Outcome outcome = run(flags);
    EXPECT_EQ(outcome.status, 0) << flags << outcome.err;
    EXPECT_EQ(image::read_picture(path("sheet.png")).size(0), 3) << flags;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out) : nlohmann::json();
  }
  torch::Tensor map() const { return io::read_npy(path("map.npy")); }
  torch::Tensor parameter(const std::string& model, const std::string& name) const {
    return checkpoint::load_checkpoint(model).network->named_parameters()[name].detach();
  }
  /// A small network of its own, for shapes that no shipped model has.
  std::string saved(const models::Architecture& architecture) const {
    const auto network = models::build(architecture, make_generator(1));
    checkpoint::ModelCard card{.architecture = architecture};
    const auto channels = static_cast<std::size_t>(models::input_of(architecture).channels);
    card.mean.assign(channels, 0.5F), card.std.assign(channels, 0.25F);
    for (std::int64_t k = 0; k < models::classes_of(architecture); ++k)
      card.classes.push_back("class " + std::to_string(k));
    network->set_normalisation(card.mean, card.std);
    checkpoint::save_checkpoint(path("net.pt"), *network, card);
    return path("net.pt");
  }

  TemporaryFolder folder_;
};

TEST_F(FiltersProgram, DrawsTheFirstConvolution) {
  for (const char* model : {MODELS "fashion-cnn.pt", MODELS "cifar10-cnn.pt"}) {  // grey and RGB
    const auto json = report(std::string("--model ") + model);
    const torch::Tensor weight = parameter(model, "conv1.weight");
    EXPECT_EQ(json.at("stage"), "conv1");
    EXPECT_EQ(json.at("count"), weight.size(0));
    EXPECT_EQ(json.at("height"), 3);
    EXPECT_EQ(json.at("width"), 3);
    EXPECT_EQ(json.at("kind"), "weights");
    EXPECT_TRUE(torch::equal(map(), weight)) << model;
    EXPECT_NEAR(json.at("largest").get<double>(), weight.abs().max().item<double>(), 1e-6);
  }
}

TEST_F(FiltersProgram, DrawsAPerceptronsWeightsAsPicturesAndSaysHowManyItLeavesOut) {
  const auto json = report("--model " MODELS "mnist-mlp.pt --sort norm");
  EXPECT_EQ(json.at("stage"), "dense1");
  EXPECT_EQ(json.at("count"), 512);
  EXPECT_EQ(json.at("shown"), 64);
  EXPECT_EQ(json.at("height"), 28);
  EXPECT_EQ(map().sizes(), (Sizes{512, 1, 28, 28}));
  EXPECT_TRUE(torch::equal(map().flatten(1), parameter(MODELS "mnist-mlp.pt", "dense1.weight")));
  const Outcome outcome = run("--model " MODELS "mnist-mlp.pt --limit 5");
  EXPECT_NE(outcome.err.find("507 of 512 left out"), std::string::npos) << outcome.err;
}

TEST_F(FiltersProgram, DrawsARecurrentNetworksGates) {
  const auto json = report("--model " + saved(models::BiLstmOptions{.input = {1, 6, 5}, .hidden = 3}));
  EXPECT_EQ(json.at("stage"), "states");
  EXPECT_EQ(json.at("count"), 8);
  EXPECT_EQ(map().sizes(), (Sizes{8, 1, 3, 5}));
}

TEST_F(FiltersProgram, DrawsWhatAStageAnswersToAPicture) {
  const torch::Tensor picture = torch::randint(0, 256, {3, 17, 12}, torch::kByte);
  image::write_picture(path("picture.png"), picture);
  const std::string model = saved(models::CnnOptions{.input = {3, 17, 12}, .stem = 4, .blocks = {6}});
  const torch::Tensor input = picture.to(torch::kFloat).div(255).unsqueeze(0);
  const torch::NoGradGuard no_grad;
  const auto network = checkpoint::load_checkpoint(model).network;
  for (const std::string stage : {"conv1", "conv2", "conv3", "logits"}) {
    const auto json = report("--model " + model + " --image " + path("picture.png") + " --stage " + stage);
    const torch::Tensor expected = network->forward_to(input, stage)[0];
    EXPECT_EQ(json.at("stage"), stage);
    EXPECT_EQ(json.at("kind"), "activations");
    EXPECT_EQ(json.at("count"), expected.size(0));
    EXPECT_EQ(json.at("height"), stage == "logits" ? 1 : expected.size(1));
    ASSERT_EQ(map().sizes(), expected.sizes());
    EXPECT_TRUE(torch::allclose(map(), expected, 1e-4, 1e-5)) << stage;
  }
}

TEST_F(FiltersProgram, DrawsDenseAndRecurrentStages) {
  const auto dense = report("--model " MODELS "mnist-mlp.pt --image fashion-mnist:test:0 --stage dense2");
  EXPECT_EQ(dense.at("count"), 256);
  EXPECT_EQ(map().sizes(), (Sizes{256}));
  const auto states = report("--model " MODELS "mnist-bilstm.pt --image fashion-mnist:test:0");
  EXPECT_EQ(states.at("stage"), "states");
  EXPECT_EQ(states.at("height"), 28);
  EXPECT_EQ(map().sizes(), (Sizes{28, 256}));
  report("--model " MODELS "mnist-bilstm.pt --image fashion-mnist:test:0 --stage last");
}

TEST_F(FiltersProgram, ListsStagesWithTheirShapes) {
  const Outcome outcome = run_program("filters", "--list-stages --json --model " MODELS "mnist-mlp.pt");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(
      nlohmann::json::parse(outcome.out).at("stages").dump(),
      R"([{"name":"dense1","shape":[512]},{"name":"dense2","shape":[256]},{"name":"logits","shape":[10]}])");
  EXPECT_FALSE(std::filesystem::exists("filters.png"));
}

TEST_F(FiltersProgram, TheSameCommandGivesTheSameBytes) {
  const StartedFromNothing each_run;
  report("--model " MODELS "cifar10-cnn.pt");
  const std::string first = io::read_file(path("sheet.png"));
  report("--model " MODELS "cifar10-cnn.pt");
  EXPECT_EQ(io::read_file(path("sheet.png")), first);
}

TEST_F(FiltersProgram, SaysWhatIsWrongAndWritesNothing) {
  torch::jit::Module program("foreign");
  program.define("def forward(self, x):\n    return x.mean([2, 3])\n");
  program.save(path("foreign.pt"));
  const std::string cnn = "--model " MODELS "fashion-cnn.pt ";
  struct Case {
    std::string flags, says;
  };
  for (const Case& c :
       std::vector<Case>{{cnn + "--stage cnv3 --image fashion-mnist:test:0", "did you mean 'conv3'?"},
                         {cnn + "--stage cnv1", "did you mean 'conv1'?"},
                         {cnn + "--stage conv3", "--image is missing"},
                         {cnn + "--limit 0", "--limit must be"},
                         {cnn + "--sort size", "--sort must be none|norm"},
                         {"--model " + path("foreign.pt"), "known stages"},
                         {"--model " + path("foreign.pt") + " --list-stages", "known stages"},
                         {"", "--model is missing"}}) {
    const Outcome outcome = run(c.flags);
    EXPECT_EQ(outcome.status, 2) << c.flags;
    EXPECT_NE(outcome.err.find(c.says), std::string::npos) << outcome.err;
  }
  EXPECT_FALSE(std::filesystem::exists(path("sheet.png")));
  EXPECT_FALSE(std::filesystem::exists(path("map.npy")));
  EXPECT_EQ(run(cnn + "--image nowhere.png").status, 1);
}

}  // namespace
}  // namespace fathom
