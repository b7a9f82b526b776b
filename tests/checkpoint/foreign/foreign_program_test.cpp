#include "fathom/checkpoint/foreign/foreign_program.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/runtime.hpp"
#include "temporary_folder.hpp"

namespace fathom::checkpoint {
namespace {

/// Collects notes for as long as it lives.
class Heard {
 public:
  Heard() : before_(set_note_handler([this](const std::string& text) { all_ += text + "\n"; })) {}
  Heard(const Heard&) = delete;
  Heard& operator=(const Heard&) = delete;
  ~Heard() { set_note_handler(before_); }

  bool has(const std::string& part) const { return all_.find(part) != std::string::npos; }
  const std::string& all() const { return all_; }

 private:
  std::string all_;
  NoteHandler before_;
};

torch::jit::Module program_of(const std::string& body) {
  torch::jit::Module module("foreign");
  module.define("def forward(self, x):\n" + body);
  return module;
}

Classifier loaded(const torch::jit::Module& module, FeedOptions feed = {}) {
  const TemporaryFolder folder;
  module.save((folder.path() / "foreign.pt").string());
  feed.input_size = {4, 4};
  return load_classifier(folder.path() / "foreign.pt", torch::kCPU, feed);
}

torch::Tensor pictures(std::int64_t count) { return torch::rand({count, 3, 4, 4}, make_generator(3)); }

/// What a loaded program answers, and what mean([2, 3]) * 3 of the same images is.
void expect_three_means(const Classifier& model) {
  for (const std::int64_t count : {1, 5}) {
    const torch::Tensor x = pictures(count), expected = 3 * x.mean({2, 3});
    EXPECT_TRUE(torch::allclose(model.logits(x), expected, 1e-4, 1e-5)) << count;
    EXPECT_TRUE(torch::allclose(model.differentiable_logits(x), expected, 1e-4, 1e-5)) << count;
  }
}

std::string refusal(const std::function<void()>& run) {
  try {
    run();
    return "nothing";
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(ForeignProgram, OfSeveralOutputsTheFirstWithARowPerImageIsUsed) {
  for (const char* body : {"  m = 3 * x.mean([2, 3])\n  return m, x.mean([2, 3])\n",
                           "  m = 3 * x.mean([2, 3])\n  return [x, m, m + 1]\n",
                           "  m = 3 * x.mean([2, 3])\n  return {'aux': m + 1, 'out': m}\n",
                           "  m = 3 * x.mean([2, 3])\n  return {'features': x, 'classes': m}\n",
                           "  m = 3 * x.mean([2, 3])\n  return x, (m, m + 1)\n"}) {
    const Heard heard;
    expect_three_means(loaded(program_of(body)));
    EXPECT_TRUE(heard.has("is used as the scores of the classes")) << body << heard.all();
  }
}

TEST(ForeignProgram, AnOutputIsChosenByNameOrIndex) {
  const torch::jit::Module both =
      program_of("  m = 3 * x.mean([2, 3])\n  return {'logits': m + 1, 'aux': m}\n");
  for (const char* output : {"aux", "1"}) {
    const Heard heard;
    expect_three_means(loaded(both, {.output = output}));
    EXPECT_EQ(heard.all(), "") << output;
  }
  EXPECT_NE(refusal([&] { loaded(both, {.output = "auy"}); }).find("did you mean 'aux'"), std::string::npos);
  EXPECT_NE(refusal([&] {
              loaded(program_of("  return x.mean([2, 3])\n"), {.output = "2"});
            }).find("gives no output '2'"),
            std::string::npos);
  expect_three_means(loaded(program_of("  return 3 * x.mean([2, 3])\n"), {.output = "0"}));
}

TEST(ForeignProgram, SinglePixelMapsAreScores) {
  expect_three_means(loaded(program_of("  return 3 * x.mean([2, 3], True)\n")));
  EXPECT_NE(refusal([] { loaded(program_of("  return x\n")); }).find("[1, 3, 4, 4], not to [1, classes]"),
            std::string::npos);
  EXPECT_NE(refusal([] { loaded(program_of("  return 'a dog'\n")); }).find("gives no tensor"),
            std::string::npos);
}

TEST(ForeignProgram, OneOutputIsTwoClasses) {
  for (const char* body :
       {"  return 3 * x.mean([1, 2, 3])\n", "  return 3 * x.mean([1, 2, 3]).unsqueeze(1)\n",
        "  return (3 * x.mean([1, 2, 3])).sigmoid()\n", "  return (3 * x.mean([1, 2, 3])).squeeze()\n"}) {
    const Heard heard;
    const Classifier model = loaded(program_of(body), {.labels = {"cat", "dog"}});
    EXPECT_TRUE(heard.has("one output")) << body;
    for (const std::int64_t count : {1, 5}) {
      const torch::Tensor z = 3 * pictures(count).mean({1, 2, 3});
      EXPECT_TRUE(torch::allclose(model.logits(pictures(count)), torch::stack({torch::zeros_like(z), z}, 1),
                                  1e-4, 1e-5))
          << body;
    }
  }
  EXPECT_NE(refusal([] {
              loaded(program_of("  return x.mean([1, 2, 3])\n"), {.labels = {"dog"}});
            }).find("it has two classes, but 1 class names"),
            std::string::npos);
}

TEST(ForeignProgram, WeightsOfOtherTypesBecomeFloat32) {
  for (const auto type : {torch::kHalf, torch::kBFloat16, torch::kDouble}) {
    torch::jit::Module module("foreign");
    module.register_parameter("w", (3 * torch::eye(3)).to(type), /*is_buffer=*/false);
    module.register_buffer("b", torch::zeros({3}, type));
    module.register_buffer("order", torch::arange(3));
    module.define("def forward(self, x):\n  return (x.mean([2, 3]) @ self.w + self.b)[:, self.order]\n");
    const Heard heard;
    expect_three_means(loaded(module));
    EXPECT_TRUE(heard.has("are converted to float32")) << heard.all();
  }
}

TEST(ForeignProgram, DamagedWeightsAreNamed) {
  torch::jit::Module module("foreign");
  module.register_parameter("w", torch::full({3, 3}, NAN), /*is_buffer=*/false);
  module.define("def forward(self, x):\n  return x.mean([2, 3]) @ self.w\n");
  const Heard heard;
  const Classifier model = loaded(module);
  EXPECT_TRUE(heard.has("contain NaN or infinity: 'w'")) << heard.all();
  EXPECT_THROW(model.logits(pictures(1)), FormatError);
}

TEST(ForeignProgram, ATraceOfOneImageIsRunOneByOne) {
  for (const char* body :  // an error for two images, and a wrong answer
       {"  return 3 * x.view(1, 3, 16).mean(2)\n",
        "  return 3 * x.mean([2, 3])[0:1].expand(x.size(0), 3)\n"}) {
    const Heard heard;
    expect_three_means(loaded(program_of(body)));
    EXPECT_TRUE(heard.has("one by one")) << body << heard.all();
  }
  const Heard heard;
  expect_three_means(loaded(program_of("  return 3 * x.mean([2, 3])\n")));
  EXPECT_EQ(heard.all(), "");
}

TEST(ForeignProgram, ATraceOfSeveralImagesGetsItsBatchesFilledUp) {
  for (const char* body :
       {"  return 3 * x.view(2, 3, 16).mean(2)\n", "  return 3 * x.view(4, 3, 16).mean(2)\n",
        "  return 3 * x.mean([2, 3]) + torch.zeros([7, 1])\n"}) {
    const Heard heard;
    expect_three_means(loaded(program_of(body)));
    EXPECT_TRUE(heard.has("pictures at a time")) << body << heard.all();
    EXPECT_FALSE(heard.has("one by one")) << body << heard.all();
  }
}

/// All of them would change the result in training mode.
TEST(ForeignProgram, EveryOperationThatTrainsIsSwitchedOff) {
  for (const auto& [body, part] : std::vector<std::pair<std::string, std::string>>{
           {"  return -3 * torch.rrelu(-2 * x, 0.4, 0.6, True).mean([2, 3])\n", "RReLU"},
           {"  return -3 * torch.rrelu_(-2 * x, 0.4, 0.6, True).mean([2, 3])\n", "RReLU"},
           {"  return torch.feature_alpha_dropout(3 * x, 0.5, True).mean([2, 3])\n", "dropout"},
           {"  return torch.feature_dropout(3 * x, 0.5, True).mean([2, 3])\n", "dropout"},
           {"  return torch.alpha_dropout_(3 * x, 0.5, True).mean([2, 3])\n", "dropout"}}) {
    const Heard heard;
    expect_three_means(loaded(program_of(body)));
    EXPECT_TRUE(heard.has("its " + part + " is switched to evaluation mode")) << body << heard.all();
    EXPECT_FALSE(heard.has("another answer")) << body << heard.all();
  }
}

TEST(ForeignProgram, InstanceNormThatWasTracedInTrainingModeUsesItsRunningStatistics) {
  torch::jit::Module module("foreign");
  module.register_buffer("mean", torch::zeros({3}));
  module.register_buffer("var", torch::full({3}, 1 / 9.0F));
  module.define(
      "def forward(self, x):\n"
      "  return torch.instance_norm(x, None, None, self.mean, self.var, True, 0.1, 0.0, False).mean([2, "
      "3])\n");
  const Heard heard;
  expect_three_means(loaded(module));
  EXPECT_TRUE(heard.has("its instance norm is switched to evaluation mode")) << heard.all();
}

TEST(ForeignProgram, ASoftmaxOverTheBatchIsRefused) {
  for (const char* end : {"softmax", "log_softmax"}) {
    const std::string text =
        refusal([&] { loaded(program_of(fmt::format("  return torch.{}(9 * x.mean([2, 3]), 0)\n", end))); });
    EXPECT_NE(text.find("softmax over the pictures of a batch"), std::string::npos) << text;
  }
}

TEST(ForeignProgram, ItsOutputScaleMayBeGiven) {
  const Heard heard;
  const torch::jit::Module softmax = program_of("  return torch.softmax(9 * x.mean([2, 3]), 1)\n");
  const torch::Tensor p = torch::softmax(9 * pictures(2).mean({2, 3}), 1);
  EXPECT_TRUE(torch::allclose(loaded(softmax, {.output_scale = OutputScale::logits}).logits(pictures(2)), p));
  EXPECT_TRUE(heard.has("is given, not found: the model's output is taken as logits")) << heard.all();
  EXPECT_TRUE(torch::allclose(loaded(softmax, {.output_scale = OutputScale::sigmoids}).logits(pictures(2)),
                              torch::logit(p), 1e-3, 1e-3));
  EXPECT_TRUE(heard.has("is given, not found: the model's output is one probability per class"));
  const torch::jit::Module plain = program_of("  return 9 * x.mean([2, 3]) - 5\n");
  EXPECT_NE(refusal([&] {
              loaded(plain, {.output_scale = OutputScale::probabilities});
            }).find("the output scale cannot be probabilities"),
            std::string::npos);
}

/// A picture of noise has a mean of 0.5.
TEST(ForeignProgram, OutputsThatLeaveTheirScaleAreRefused) {
  const Classifier model =
      loaded(program_of("  return 1.2 * x.mean([2, 3])\n"), {.output_scale = OutputScale::sigmoids});
  EXPECT_NO_THROW(model.logits(pictures(1)));
  EXPECT_NE(refusal([&] {
              model.logits(torch::ones({1, 3, 4, 4}));
            }).find("so they cannot be sigmoids"),
            std::string::npos);
}

TEST(ForeignProgram, AMapThatIsFlatForAReasonIsForeseen) {
  const Classifier single = loaded(program_of("  return 3 * x.mean([1, 2, 3])\n"));
  EXPECT_NE(single.why_flat(single.logits(pictures(1))[0], 0).find("is always 0"), std::string::npos);
  EXPECT_EQ(single.why_flat(single.logits(pictures(1))[0], 1), "");
  const Classifier softmax = loaded(program_of("  return torch.softmax(9000 * x.mean([2, 3]), 1)\n"));
  torch::Tensor red = torch::zeros({1, 3, 4, 4});
  red.select(1, 0).fill_(1);
  EXPECT_NE(softmax.why_flat(softmax.logits(red)[0], 0).find("rounded to 1"), std::string::npos);
  EXPECT_NE(softmax.why_flat(softmax.logits(red)[0], 2).find("rounded to 0"), std::string::npos);
  EXPECT_EQ(softmax.why_flat(softmax.logits(torch::zeros({1, 3, 4, 4}))[0], 0), "");
}

TEST(ForeignProgram, ScoresThatAreOddAreTold) {
  const Heard heard;
  loaded(program_of("  m = x.mean([2, 3])\n  return m / (m * m).sum(1, True).sqrt()\n"));
  EXPECT_TRUE(heard.has("cosine similarities")) << heard.all();
  loaded(program_of("  return 0 * x.mean([2, 3]) + 4\n"));
  EXPECT_TRUE(heard.has("the same scores for every picture")) << heard.all();
}

TEST(ForeignProgram, PartsThatWereScriptedInTrainingModeAreSwitched) {
  torch::jit::Module part("Dropout"), module("foreign");
  part.register_attribute("training", c10::BoolType::get(), true);
  part.define("def forward(self, x):\n  return torch.dropout(x, 0.5, self.training)\n");
  module.register_module("part", part);
  module.define("def forward(self, x):\n  return self.part.forward(3 * x.mean([2, 3]))\n");
  const Heard heard;
  expect_three_means(loaded(module));
  EXPECT_TRUE(heard.has("the model was saved in training mode")) << heard.all();
}

TEST(ForeignProgram, PixelsOf0To255ThatItExpectsAreTold) {
  for (const char* body :
       {"  return 3 * (x / 255).mean([2, 3])\n", "  return 3 * (x.float() - 127.5).mean([2, 3])\n",
        "  return 3 * (x.to(6) * 0.00392156862).mean([2, 3])\n"}) {
    const Heard heard;
    loaded(program_of(body));
    EXPECT_TRUE(heard.has("expect pixels of 0 to 255")) << body << heard.all();
    const Heard again;
    loaded(program_of(body), {.std = {1 / 255.F, 1 / 255.F, 1 / 255.F}});
    EXPECT_FALSE(again.has("expect pixels of 0 to 255")) << body << again.all();
  }
  const Heard heard;
  loaded(program_of("  return 3 * ((x - 0.45) / 0.22).mean([2, 3])\n"));
  EXPECT_FALSE(heard.has("0 to 255")) << heard.all();
}

TEST(ForeignProgram, SixteenBitsAreTold) {
  const Heard heard;
  loaded(program_of("  return (3 * x.mean([2, 3])).to(15)\n"));
  EXPECT_TRUE(heard.has("computes in 16 bits (its output is bfloat16)")) << heard.all();
}

TEST(ForeignProgram, AnInputWithTheChannelsLastIsNamed) {
  const std::string text = refusal(
      [] { loaded(program_of("  assert x.size(3) == 3, 'channels'\n  return 3 * x.mean([1, 2])\n")); });
  EXPECT_NE(text.find("it runs on [1, 4, 4, 3], with the channels last"), std::string::npos) << text;
}

TEST(ForeignProgram, OneOutputOfWholeNumbersIsTold) {
  const Heard heard;
  loaded(program_of("  return x.argmax(1).float().mean([1, 2]).mul(0).add(7)\n"));
  EXPECT_TRUE(heard.has("is a whole number (7)")) << heard.all();
}

TEST(ForeignProgram, TheOneTensorOfATupleIsTold) {
  const Heard heard;
  expect_three_means(loaded(program_of("  return {'scores': 3 * x.mean([2, 3])}\n")));
  EXPECT_TRUE(heard.has("its one tensor 'scores' is used")) << heard.all();
}

TEST(ForeignProgram, DropoutThatWasTracedInTrainingModeIsSwitchedOff) {
  const Heard heard;
  expect_three_means(loaded(program_of("  return torch.dropout(3 * x.mean([2, 3]), 0.5, True)\n")));
  EXPECT_TRUE(heard.has("its dropout is switched to evaluation mode")) << heard.all();
}

TEST(ForeignProgram, BatchNormThatWasTracedInTrainingModeUsesItsRunningStatistics) {
  torch::jit::Module module("foreign");
  module.register_buffer("mean", torch::zeros({3}));
  module.register_buffer("var", torch::full({3}, 1 / 9.0F));
  module.define(
      "def forward(self, x):\n"
      "  return torch.batch_norm(x, None, None, self.mean, self.var, True, 0.1, 0.0, False).mean([2, 3])\n");
  const Heard heard;
  expect_three_means(loaded(module));
  EXPECT_TRUE(heard.has("its batch norm is switched to evaluation mode")) << heard.all();
}

TEST(ForeignProgram, NoiseIsNoticed) {
  const Heard heard;
  loaded(program_of("  return x.mean([2, 3]) + torch.rand([x.size(0), 3])\n"));
  EXPECT_TRUE(heard.has("another answer to the same picture")) << heard.all();
}

TEST(ForeignProgram, AnErrorNamesTheInputThatWouldDo) {
  const torch::jit::Module module =
      program_of("  return x.reshape([x.size(0), 784])[:, 0:10] * 3.0\n");  // 1 x 28 x 28
  const std::string text = refusal([&] { loaded(module); });
  EXPECT_NE(text.find("it runs on [1, 1, 28, 28]: change the input size and the channel order"),
            std::string::npos)
      << text;
  const std::string none = refusal([&] { loaded(program_of("  assert False, 'closed'\n  return x\n")); });
  EXPECT_NE(none.find("closed"), std::string::npos) << none;
  EXPECT_EQ(none.find("change the"), std::string::npos) << none;
}

TEST(ForeignProgram, TakesInputsThatAreNotSquare) {
  const TemporaryFolder folder;
  program_of("  return x.sum(3).mean(1)\n").save((folder.path() / "wide.pt").string());
  const Classifier model = load_classifier(folder.path() / "wide.pt", torch::kCPU, {.input_size = {5, 7}});
  EXPECT_EQ(model.input(), (models::InputShape{3, 5, 7}));
  EXPECT_EQ(model.logits(torch::ones({2, 3, 5, 7})).sizes(), (std::vector<std::int64_t>{2, 5}));
}

TEST(PixelScale, StatisticsOfPixelsUpTo255AreDivided) {
  const auto logits_with = [](std::vector<float> mean, std::vector<float> std) {
    return loaded(program_of("  return x.mean([2, 3])\n"), {.mean = std::move(mean), .std = std::move(std)})
        .logits(pictures(2));
  };
  const Heard heard;
  const torch::Tensor means = pictures(2).mean({2, 3});
  EXPECT_TRUE(torch::allclose(logits_with({51, 102, 51}, {51, 51, 51}),
                              (means - torch::tensor({0.2F, 0.4F, 0.2F})) / 0.2, 1e-4, 1e-4));
  EXPECT_TRUE(torch::allclose(logits_with({51, 102, 51}, {1, 1, 1}),
                              means * 255 - torch::tensor({51.F, 102.F, 51.F}), 1e-4, 1e-2));
  EXPECT_TRUE(heard.has("on the scale 0 to 255")) << heard.all();
  for (const auto& [mean, std] :
       std::vector<std::pair<std::vector<float>, std::vector<float>>>{{{51, 102, 51}, {}},
                                                                      {{51, 102, 51}, {0.2F, 0.2F, 0.2F}},
                                                                      {{0.5F, 102, 51}, {51, 51, 51}},
                                                                      {{0.5F, 0.5F, 0.5F}, {51, 51, 51}},
                                                                      {{-0.5F, 0.5F, 0.5F}, {}},
                                                                      {{51, 102, 300}, {51, 51, 51}}})
    EXPECT_NE(refusal([&, m = mean, s = std] { logits_with(m, s); }).find("the scale 0 to 255"),
              std::string::npos)
        << mean;
}

}  // namespace
}  // namespace fathom::checkpoint
