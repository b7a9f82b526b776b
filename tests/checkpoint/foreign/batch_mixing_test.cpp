/// Programs whose answer to a picture depends on the other pictures of the batch.
#include <gtest/gtest.h>
#include <torch/script.h>

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/notes.hpp"
#include "fathom/core/runtime.hpp"
#include "temporary_folder.hpp"

namespace fathom::checkpoint {
namespace {

/// A program as it is, and as fathom loads it.
struct Loading {
  torch::jit::Module program{"foreign"};
  std::string notes;
  std::optional<Classifier> model;

  explicit Loading(const std::string& body) {
    program.define("def forward(self, x):\n" + body);
    const TemporaryFolder folder;
    program.save((folder.path() / "foreign.pt").string());
    const NoteHandler before = set_note_handler([this](const std::string& text) { notes += text + "\n"; });
    model = load_classifier(folder.path() / "foreign.pt", torch::kCPU, {.input_size = {4, 4}});
    set_note_handler(before);
  }

  bool is_run_one_by_one() const { return notes.find("one by one") != std::string::npos; }
  /// Of the program, for one picture at a time.
  torch::Tensor alone(const torch::Tensor& images) {
    std::vector<torch::Tensor> rows;
    for (const torch::Tensor& image : images.split(1)) rows.push_back(program.forward({image}).toTensor());
    return torch::cat(rows);
  }
};

/// Of other brightness and contrast each.
torch::Tensor different_pictures() {
  const torch::Tensor x = torch::rand({5, 3, 4, 4}, make_generator(3));
  return x * torch::linspace(0.2, 1, 5).view({5, 1, 1, 1});
}

void expect_answers_of_single_pictures(Loading& loading, const std::string& body) {
  const torch::Tensor x = different_pictures(), expected = loading.alone(x);
  EXPECT_TRUE(loading.is_run_one_by_one()) << body << loading.notes;
  EXPECT_TRUE(torch::allclose(loading.model->logits(x), expected, 1e-4, 1e-5)) << body;
  EXPECT_TRUE(torch::allclose(loading.model->differentiable_logits(x), expected, 1e-4, 1e-5)) << body;
}

TEST(BatchMixing, StatisticsOverTheBatchAreNoticed) {
  for (const char* scaled :
       {"x / x.max()", "x - x.mean()", "(x - x.min()) / (x.max() - x.min())",
        "(x - x.amin([0, 2, 3], True)) / (x.amax([0, 2, 3], True) - x.amin([0, 2, 3], True))",
        "(x - x.mean([0, 2, 3], True)) / x.std([0, 2, 3], True, True)"}) {
    const std::string body =
        fmt::format("  y = {}\n  return 9 * (y * y * y + y).mean([2, 3]) + 3 * y[:, :, 0, 0]\n", scaled);
    Loading loading(body);
    expect_answers_of_single_pictures(loading, body);
  }
}

TEST(BatchMixing, EveryRowIsCompared) {
  for (const char* row : {"0:1", "1:2", "-1:"}) {
    const std::string body = fmt::format(
        "  z = 9 * x.mean([2, 3])\n  return z[{}].expand(x.size(0), 3) if x.size(0) > 1 else z\n", row);
    Loading loading(body);
    expect_answers_of_single_pictures(loading, body);
  }
}

/// All probabilities of class 0 are 1 - 1e-8 or more.
TEST(BatchMixing, ProbabilitiesNear0AreComparedByTheirLogarithms) {
  Loading loading(
      "  z = 9 * (x / x.max()).mean([2, 3]) + torch.tensor([25.0, 0.0, 0.0])\n"
      "  return torch.softmax(z, 1)\n");
  EXPECT_TRUE(loading.is_run_one_by_one()) << loading.notes;
  const torch::Tensor x = different_pictures(), logits = loading.model->logits(x);
  const torch::Tensor z = 9 * (x / x.amax({1, 2, 3}, true)).mean({2, 3});
  EXPECT_TRUE(torch::allclose(logits.select(1, 1) - logits.select(1, 2), z.select(1, 1) - z.select(1, 2),
                              1e-3, 1e-3));
}

TEST(BatchMixing, StatisticsOfEachPictureAreNoReasonToRunItAlone) {
  for (const char* scaled : {"x - x.mean([1, 2, 3], True)", "x / x.amax([1, 2, 3], True)", "x"}) {
    const Loading loading(fmt::format("  return 9 * ({})[:, :, 0, 0]\n", scaled));
    EXPECT_FALSE(loading.is_run_one_by_one()) << scaled << loading.notes;
  }
}

TEST(BatchMixing, AProgramThatFailsOnSomePicturesIsRunOneByOne) {
  const Loading loading("  assert bool(x.max() > 0.5), 'dark'\n  return 9 * x.mean([2, 3])\n");
  EXPECT_NE(loading.notes.find("taken as logits, and pictures are run one by one"), std::string::npos)
      << loading.notes;
}

TEST(BatchMixing, IsLookedForWithFewPictures) {
  std::int64_t pictures = 0;
  const Classifier model(
      [&](const torch::Tensor& x) {
        pictures += x.size(0);
        return 9 * x.mean({2, 3});
      },
      {.input_size = {4, 4}}, torch::kCPU);
  EXPECT_LE(pictures, 8);
}

}  // namespace
}  // namespace fathom::checkpoint
