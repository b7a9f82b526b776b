#include <gtest/gtest.h>
#include <torch/script.h>

#include "fathom/checkpoint/classifier.hpp"
#include "fathom/core/error.hpp"
#include "temporary_folder.hpp"

namespace fathom::checkpoint {
namespace {

/// A program whose forward(x) is `body`, for pictures of 3x4x4.
Classifier program(const TemporaryFolder& folder, const std::string& body) {
  torch::jit::Module module("foreign");
  module.define("def forward(self, x):\n" + body);
  const std::filesystem::path path = folder.path() / "foreign.pt";
  module.save(path.string());
  return load_classifier(path, torch::kCPU, {.input_size = {4, 4}});
}

/// What is said of the program for white pictures, when it is loaded or when it runs.
std::string complaint_about_output(const std::string& body, std::int64_t images = 2) {
  const TemporaryFolder folder;
  try {
    const Classifier classifier = program(folder, body);
    classifier.logits(torch::ones({images, 3, 4, 4}));
    return "nothing";
  } catch (const Error& e) {
    return e.what();
  }
}

void expect_part(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(ForeignOutput, MustBeRealNumbers) {
  expect_part(complaint_about_output("  return x.mean([2, 3]).to(4)\n"), "numbers of type Long");
  expect_part(complaint_about_output("  return x.mean([2, 3]) > 0.5\n"), "numbers of type Bool");
  expect_part(complaint_about_output("  m = x.mean([2, 3])\n  return torch.complex(m, m)\n"),
              "numbers of type ComplexFloat");
  EXPECT_EQ(complaint_about_output("  return x.mean([2, 3]).to(7)\n"), "nothing");  // double
}

TEST(ForeignOutput, TheNumberOfAClassIsNoScore) {
  expect_part(complaint_about_output("  return x.mean([2, 3]).argmax(1)\n"), "argmax");
}

TEST(ForeignOutput, ATensorOfClassesComesBeforeOneNumberPerImage) {
  const TemporaryFolder folder;
  const Classifier classifier = program(folder, "  return x.mean([1, 2, 3]), 9 * x.mean([2, 3])\n");
  EXPECT_EQ(classifier.classes().size(), 3U);
}

TEST(ForeignOutput, MustNotBeNaNOrInfinity) {
  for (const char* body : {"  return x.mean([2, 3]) / 0\n", "  return x.mean([2, 3]) * float('nan')\n",
                           "  m = x.mean([2, 3])\n  return m / (m - m)\n"})
    expect_part(complaint_about_output(body), "contains NaN or infinity");
  EXPECT_EQ(complaint_about_output("  return -x.mean([2, 3]) / 0\n"), "nothing");  // classes ruled out
}

TEST(ForeignOutput, MayNotBeNaNWhereGradientsAreAskedFor) {
  const TemporaryFolder folder;
  const Classifier classifier = program(folder, "  return x.mean([2, 3]) / (1 - x).mean([2, 3])\n");
  EXPECT_NO_THROW(classifier.differentiable_logits(torch::zeros({1, 3, 4, 4})));
  EXPECT_THROW(classifier.differentiable_logits(torch::ones({1, 3, 4, 4})), FormatError);
}

TEST(ForeignOutput, MustHaveARowForEveryPicture) {
  expect_part(complaint_about_output("  return x[0:3].mean([2, 3])\n", 5), "maps 5 images to [3, 3]");
}

TEST(ForeignOutput, AFailureIsToldWithoutTheProgramsTrace) {
  const std::string at_once = complaint_about_output("  assert False, 'no pictures today'\n  return x\n");
  const std::string later =
      complaint_about_output("  assert bool(x.mean() < 0.9), 'too bright'\n  return x.mean([2, 3])\n");
  const std::string inside = complaint_about_output("  return x.mean([2, 3]) @ torch.ones([700, 5])\n");
  expect_part(at_once, "no pictures today");
  expect_part(later, "too bright");
  for (const std::string& text : {at_once, later, inside}) {
    EXPECT_EQ(text.find("Traceback"), std::string::npos) << text;
    EXPECT_EQ(text.find("serialized code"), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  }
}

TEST(ForeignOutput, StatisticsThatNoPixelHasAreRefused) {
  const TemporaryFolder folder;
  program(folder, "  return x.mean([2, 3])\n");
  const auto load = [&](const FeedOptions& feed) {
    return load_classifier(folder.path() / "foreign.pt", torch::kCPU, feed);
  };
  EXPECT_NO_THROW(load({.mean = {123.7F, 116.3F, 103.5F}, .std = {1, 1, 1}, .input_size = {4, 4}}));
  EXPECT_THROW(load({.mean = {1e38F, 0, 0}, .input_size = {4, 4}}), InvalidArgument);
  EXPECT_THROW(load({.mean = {NAN, 0, 0}, .input_size = {4, 4}}), InvalidArgument);
  EXPECT_THROW(load({.std = {1e-45F, 1, 1}, .input_size = {4, 4}}), InvalidArgument);
  EXPECT_THROW(load({.std = {INFINITY, 1, 1}, .input_size = {4, 4}}), InvalidArgument);
  EXPECT_THROW(load({.std = {-1, 1, 1}, .input_size = {4, 4}}), InvalidArgument);
}

}  // namespace
}  // namespace fathom::checkpoint
