#include "fathom/augment/standard.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "fathom/data/public_sets.hpp"

namespace fathom::augment {
namespace {

std::string operations_of(const Pipeline& pipeline) {
  std::string all;
  for (const Operation& operation : pipeline.operations) all += operation.kind->name + " ";
  return all;
}

TEST(StandardPipeline, DigitsAreNotMirroredAndPhotographsAre) {
  EXPECT_EQ(operations_of(standard_pipeline(data::usual_augmentation("mnist"), {28, 28})), "crop ");
  EXPECT_EQ(operations_of(standard_pipeline(data::usual_augmentation("fashion-mnist"), {28, 28})), "hflip ");
  EXPECT_EQ(operations_of(standard_pipeline(data::usual_augmentation("cifar10"), {32, 32})), "crop hflip ");
  EXPECT_EQ(operations_of(standard_pipeline("", {64, 80})), "crop hflip ");
}

TEST(StandardPipeline, PhotographsAreShiftedByASixteenthOfTheirShorterSide) {
  EXPECT_EQ(standard_pipeline("", {64, 80}).operations[0].ranges[0], (Range{4, 4}));
  EXPECT_EQ(standard_pipeline("", {1, 1}).operations[0].ranges[0], (Range{0, 0}));
  EXPECT_EQ(standard_pipeline("", {64, 80}).name, "standard");
}

TEST(StandardPipeline, EveryPublicSetNamesAPipelineAndAPresetThatCanBeRead) {
  const std::filesystem::path presets = std::filesystem::path(FATHOM_SOURCE) / "data";
  for (const data::PublicSet& set : data::public_sets()) {
    EXPECT_FALSE(set.augmentation.empty()) << set.name;
    EXPECT_NO_THROW(standard_pipeline(set.augmentation, {28, 28})) << set.name;
    EXPECT_TRUE(std::filesystem::exists(presets / "augmentations" / (set.preset + ".json"))) << set.name;
    EXPECT_NO_THROW(read_pipeline(set.preset, {presets})) << set.name;
  }
}

}  // namespace
}  // namespace fathom::augment
