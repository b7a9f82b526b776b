/// Operations made of operations: tests of the kinds in fathom/augment/operations/composition.cpp.
#include <cmath>
#include <map>
#include <set>

#include "augment/pictures.hpp"
#include "augment/uniformity.hpp"

namespace fathom::augment {
namespace {

/// What a pipeline of one operation draws for that many pictures.
std::vector<Step> drawn_steps(const std::string& text, std::int64_t count) {
  const Pipeline pipeline = parse_pipeline(text);
  std::vector<Step> steps;
  for (std::int64_t i = 0; i < count; ++i)
    for (const Step& step : draw(pipeline, {17, 0, i})) steps.push_back(step);
  return steps;
}

/// "rotate", "shear x": the operation and, where a policy has two of its parameters apart, which.
std::string policy_name(const Step& step) {
  const std::string name = step.kind->name;
  if (name != "shear" && name != "translate") return name;
  return name + (value_of(step, "x") != 0 ? " x" : " y");
}

std::vector<int> values_of(const std::map<std::string, int>& counts) {
  std::vector<int> numbers;
  for (const auto& [name, count] : counts) numbers.push_back(count);
  return numbers;
}

TEST(Sequence, IsItsPartsOneAfterTheOther) {
  const torch::Tensor picture = noise_picture(3, 20, 20);
  Step sequence{.kind = &operation_kind("sequence")};
  sequence.steps = {step_of("rotate", {{"degrees", 20}}), step_of("invert"), step_of("hflip")};
  EXPECT_TRUE(replay({sequence}, picture).equal(replay(sequence.steps, picture)));
  EXPECT_TRUE(replay({Step{.kind = &operation_kind("sequence")}}, picture).equal(picture));
}

TEST(OneOf, TakesEachEquallyOften) {
  std::map<std::string, int> counts;
  for (const Step& step : drawn_steps("one-of(hflip, vflip, invert, rotate | grayscale, grayscale)", 5000)) {
    ASSERT_EQ(step.steps.size(), 1U);
    ++counts[step.steps[0].kind->name];
  }
  ASSERT_EQ(counts.size(), 5U);
  EXPECT_LT(unevenness(values_of(counts)), 1);
}

TEST(OneOf, DoesNothingWhereTheOneIsPassedBy) {
  int nothing = 0;
  for (const Step& step : drawn_steps("one-of(hflip(p=0), vflip)", 2000)) nothing += step.steps.empty();
  EXPECT_NEAR(nothing, 1000, 3.3 * std::sqrt(500));
}

TEST(SomeOf, TakesThatManyDifferentOnesInTheirOrder) {
  std::map<std::string, int> pairs;
  for (const Step& step : drawn_steps("some-of(2, hflip, vflip, invert, grayscale)", 6000)) {
    ASSERT_EQ(step.steps.size(), 2U);
    ++pairs[step.steps[0].kind->name + " " + step.steps[1].kind->name];
  }
  const std::set<std::string> expected = {"hflip vflip",  "hflip invert",    "hflip grayscale",
                                          "vflip invert", "vflip grayscale", "invert grayscale"};
  for (const auto& [pair, count] : pairs) EXPECT_TRUE(expected.contains(pair)) << pair;
  ASSERT_EQ(pairs.size(), 6U);
  EXPECT_LT(unevenness(values_of(pairs)), 1);
}

TEST(SomeOf, TakesAllWhereThereAreFewer) {
  EXPECT_EQ(drawn_steps("some-of(9, hflip, vflip)", 1)[0].steps.size(), 2U);
  EXPECT_EQ(drawn_steps("some-of(0, hflip, vflip)", 1)[0].steps.size(), 0U);
  std::vector<int> counts(3);
  for (const Step& step : drawn_steps("some-of(0..2, hflip, vflip)", 3000)) ++counts.at(step.steps.size());
  EXPECT_LT(unevenness(counts), 1);
}

TEST(RandAugment, TakesEachOf14EquallyOften) {
  std::map<std::string, int> counts;
  for (const Step& step : drawn_steps("rand-augment(1)", 14'000))
    ++counts[step.steps.empty() ? "identity" : policy_name(step.steps[0])];
  EXPECT_EQ(counts.size(), 14U);
  EXPECT_LT(unevenness(values_of(counts)), 1);
}

TEST(RandAugment, HasTorchvisionsMagnitudes) {
  // Magnitude 9 of 30, as torchvision.transforms.RandAugment(num_magnitude_bins=31) has it.
  const std::map<std::string, std::pair<std::string, std::vector<double>>> expected = {
      {"shear x", {"x", {std::atan(0.09) * 180 / M_PI}}},
      {"shear y", {"y", {std::atan(0.09) * 180 / M_PI}}},
      {"translate x", {"x", {150. / 331 * 0.3}}},
      {"translate y", {"y", {150. / 331 * 0.3}}},
      {"rotate", {"degrees", {9}}},
      {"brightness", {"factor", {0.73, 1.27}}},
      {"saturation", {"factor", {0.73, 1.27}}},
      {"contrast", {"factor", {0.73, 1.27}}},
      {"sharpen", {"factor", {0.73, 1.27}}},
      {"posterize", {"bits", {7}}},  // 8 - round(9 / (30 / 4))
      {"solarize", {"threshold", {0.7}}}};
  std::map<std::string, std::set<bool>> signs;
  for (const Step& step : drawn_steps("rand-augment(2, magnitude=9, fill=0.5)", 1000)) {
    ASSERT_LE(step.steps.size(), 2U);
    for (const Step& each : step.steps) {
      if (each.kind->group == Group::geometry) {
        EXPECT_EQ(value_of(each, "fill"), 0.5);
      }
      const auto found = expected.find(policy_name(each));
      if (found == expected.end()) continue;
      const auto& [parameter, values] = found->second;
      const double value = value_of(each, parameter);
      signs[found->first].insert(value > (values.size() == 2 ? 1 : 0));
      double nearest = 1e9;
      for (const double v : values)
        nearest = std::min(nearest, std::abs((values.size() == 2 ? value : std::abs(value)) - v));
      EXPECT_LT(nearest, 1e-9) << found->first << " " << value;
    }
  }
  for (const auto& [name, values] : expected)
    EXPECT_EQ(signs[name].size(), name == "posterize" || name == "solarize" ? 1U : 2U) << name;
}

TEST(RandAugment, OfMagnitudeZeroOnlyFlattensHistograms) {
  const torch::Tensor picture = noise_picture(3, 16, 16);
  for (const Step& step : drawn_steps("rand-augment(1, magnitude=0)", 200)) {
    if (!step.steps.empty() &&
        (step.steps[0].kind->name == "autocontrast" || step.steps[0].kind->name == "equalize"))
      continue;
    // torchvision's solarize turns round white itself at magnitude 0.
    const torch::Tensor expected = !step.steps.empty() && step.steps[0].kind->name == "solarize"
                                       ? torch::where(picture == 255, torch::zeros_like(picture), picture)
                                       : picture;
    EXPECT_TRUE(replay({step}, picture).equal(expected));
  }
}

TEST(TrivialAugment, DrawsOneOperationAndItsMagnitude) {
  std::map<std::string, int> counts;
  Histogram degrees(-135 - 4.5 / 2, 135 + 4.5 / 2, 61);  // 31 bins with a sign; 0 has both
  for (const Step& step : drawn_steps("trivial-augment", 28'000)) {
    ASSERT_LE(step.steps.size(), 1U);
    if (step.steps.empty()) {
      ++counts["identity"];
      continue;
    }
    const Step& each = step.steps[0];
    if (each.kind->name == "rotate") degrees.add(value_of(each, "degrees"));
    if (each.kind->name == "posterize") {
      EXPECT_GE(value_of(each, "bits"), 2);
      EXPECT_LE(value_of(each, "bits"), 8);
    }
    // At magnitude 0 neither of x and y is moved.
    const bool apart = each.kind->name == "shear" || each.kind->name == "translate";
    ++counts[apart ? each.kind->name : policy_name(each)];
  }
  ASSERT_EQ(counts.size(), 12U);
  counts["shear y"] = counts["shear"] / 2;
  counts["shear"] -= counts["shear y"];
  counts["translate y"] = counts["translate"] / 2;
  counts["translate"] -= counts["translate y"];
  EXPECT_LT(unevenness(values_of(counts)), 1);
  EXPECT_EQ(degrees.outside(), 0);
  std::vector<int> bins = degrees.counts();
  bins[30] /= 2;
  EXPECT_LT(unevenness(bins), 1);
}

TEST(AugMix, WeightsSumToOneAndTheMixtureIsUniform) {
  Histogram mixture(0, 1, 20), first(0, 1, 20);
  for (const Step& step : drawn_steps("aug-mix(width=2)", 4000)) {
    ASSERT_EQ(step.steps.size(), 2U);
    double sum = 0;
    for (int i = 1; i <= 6; ++i) sum += value_of(step, "weight-" + std::to_string(i));
    EXPECT_NEAR(sum, 1, 1e-12);
    EXPECT_EQ(value_of(step, "weight-3"), 0);
    mixture.add(value_of(step, "mixture"));  // Beta(1, 1)
    first.add(value_of(step, "weight-1"));   // so is a part of Dirichlet(1, 1)
  }
  EXPECT_LT(unevenness(mixture.counts()), 1);
  EXPECT_LT(unevenness(first.counts()), 1);
}

TEST(AugMix, ChainsHaveTheirDepth) {
  for (const Step& step : drawn_steps("aug-mix(width=4, depth=2)", 20)) {
    ASSERT_EQ(step.steps.size(), 4U);
    for (const Step& chain : step.steps) EXPECT_EQ(chain.steps.size(), 2U);
  }
  std::vector<int> depths(3);
  for (const Step& step : drawn_steps("aug-mix(width=1)", 3000)) ++depths.at(step.steps[0].steps.size() - 1);
  EXPECT_LT(unevenness(depths), 1);
}

TEST(AugMix, SeverityBoundsTheMagnitude) {
  for (const Step& step : drawn_steps("aug-mix(3, width=6)", 300))
    for (const Step& chain : step.steps)
      for (const Step& each : chain.steps)
        if (each.kind->name == "rotate") {
          EXPECT_LE(std::abs(value_of(each, "degrees")), 30 * 2. / 9 + 1e-9);
        }
}

TEST(AugMix, IsTheWeightedMeanOfItsChainsAndThePicture) {
  on_each_form(14, 18, [](const torch::Tensor& picture) {
    for (const Step& step : drawn_steps("aug-mix(8)", 5)) {
      const double mixture = value_of(step, "mixture");
      torch::Tensor expected = (1 - mixture) * picture.to(torch::kDouble);
      for (std::size_t i = 0; i < step.steps.size(); ++i)
        expected += mixture * value_of(step, "weight-" + std::to_string(i + 1)) *
                    replay(step.steps[i].steps, picture).to(torch::kDouble);
      EXPECT_LT(largest_gap(replay({step}, picture), expected),
                picture.scalar_type() == torch::kByte ? 0.501 : 1e-5);
    }
  });
}

TEST(AugMix, LeavesAMaskWhereItsPictureIs) {
  const torch::Tensor mask = noise_picture(1, 9, 9);
  EXPECT_TRUE(replay({drawn_steps("aug-mix", 1)[0]}, mask, Target::mask).equal(mask));
}

}  // namespace
}  // namespace fathom::augment
