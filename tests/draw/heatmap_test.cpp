#include "fathom/draw/heatmap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fathom/core/error.hpp"
#include "image/pixel.hpp"

namespace fathom::draw {
namespace {

std::vector<int> colour_of(double value, double limit) {
  return image::pixel(diverging_colours(torch::full({1, 1}, value, torch::kFloat64), limit), 0, 0);
}

const std::vector<int> kWhite{255, 255, 255};

TEST(Heatmap, LimitIsTheLargestAbsoluteValue) {
  EXPECT_DOUBLE_EQ(symmetric_limit(torch::tensor({{0.5f, -2.0f}, {1.0f, 0.0f}})), 2.0);
}

TEST(Heatmap, LimitOfNothingIsOne) {
  EXPECT_DOUBLE_EQ(symmetric_limit(torch::zeros({3, 3})), 1.0);
  EXPECT_DOUBLE_EQ(symmetric_limit(torch::full({2, 2}, std::nan(""))), 1.0);
}

TEST(Heatmap, LimitPassesOverWhatIsNotFinite) {
  EXPECT_DOUBLE_EQ(
      symmetric_limit(torch::tensor({{std::nanf(""), -3.0f, std::numeric_limits<float>::infinity()}})), 3.0);
}

TEST(Heatmap, ColoursRunFromBlueOverWhiteToRed) {
  EXPECT_EQ(colour_of(0, 2), kWhite);
  EXPECT_EQ(colour_of(2, 2), (std::vector<int>{178, 24, 43}));
  EXPECT_EQ(colour_of(-2, 2), (std::vector<int>{33, 102, 172}));
  // Half way between white and the next stop, 253, 219, 199.
  EXPECT_EQ(colour_of(0.125, 1), (std::vector<int>{254, 237, 227}));
}

TEST(Heatmap, BeyondTheLimitIsClamped) {
  EXPECT_EQ(colour_of(100, 1), colour_of(1, 1));
  EXPECT_EQ(colour_of(-std::numeric_limits<double>::infinity(), 1), colour_of(-1, 1));
}

TEST(Heatmap, NotANumberIsGrey) { EXPECT_EQ(colour_of(std::nan(""), 1), (std::vector<int>{128, 128, 128})); }

TEST(Heatmap, ColoursKeepThePlaceOfTheirValue) {
  const torch::Tensor colours =
      diverging_colours(torch::tensor({{0.0f, 0.0f, 1.0f}, {-1.0f, 0.0f, 0.0f}}), 1);
  EXPECT_EQ(colours.sizes(), torch::IntArrayRef({3, 2, 3}));
  EXPECT_EQ(image::pixel(colours, 0, 2), colour_of(1, 1));
  EXPECT_EQ(image::pixel(colours, 1, 0), colour_of(-1, 1));
  EXPECT_EQ(image::pixel(colours, 1, 2), kWhite);
}

TEST(Heatmap, ImpossibleScalesAndMapsAreRefused) {
  EXPECT_THROW(diverging_colours(torch::zeros({2, 2}), 0), InvalidArgument);
  EXPECT_THROW(diverging_colours(torch::zeros({2, 2}), -1), InvalidArgument);
  EXPECT_THROW(diverging_colours(torch::zeros({2, 2}), std::nan("")), InvalidArgument);
  EXPECT_THROW(diverging_colours(torch::zeros({2}), 1), InvalidArgument);
  EXPECT_THROW(overlay(torch::zeros({3, 4, 4}, torch::kUInt8), torch::zeros({1, 4, 4}), 1), InvalidArgument);
  EXPECT_THROW(overlay(torch::zeros({4, 4}, torch::kUInt8), torch::zeros({4, 4}), 1), InvalidArgument);
}

TEST(Heatmap, WhereTheMapIsZeroThePaledPictureIsSeen) {
  const torch::Tensor picture = torch::tensor({0, 100, 255}, torch::kInt32).to(torch::kUInt8).view({1, 1, 3});
  const torch::Tensor laid = overlay(picture, torch::zeros({1, 3}), 1);
  ASSERT_EQ(laid.sizes(), torch::IntArrayRef({3, 1, 3}));
  // 255 - 0.65 (255 - grey): paled by 35 %.
  EXPECT_EQ(image::pixel(laid, 0, 0), (std::vector<int>{89, 89, 89}));
  EXPECT_EQ(image::pixel(laid, 0, 1), (std::vector<int>{154, 154, 154}));
  EXPECT_EQ(image::pixel(laid, 0, 2), kWhite);
}

TEST(Heatmap, AtTheLimitTheColourHidesNineTenths) {
  const torch::Tensor laid =
      overlay(torch::zeros({1, 1, 2}, torch::kUInt8), torch::tensor({{-2.0f, 2.0f}}), 2);
  // A tenth of the paled black, 89.25, and nine tenths of the scale's ends.
  EXPECT_EQ(image::pixel(laid, 0, 0), (std::vector<int>{39, 101, 164}));  // blue on the left: 33, 102, 172
  EXPECT_EQ(image::pixel(laid, 0, 1), (std::vector<int>{169, 31, 48}));   // red on the right: 178, 24, 43
}

TEST(Heatmap, StrongerValuesHideMoreOfThePicture) {
  // Left half black, right half white, under bands of growing strength.
  torch::Tensor picture = torch::zeros({1, 3, 2}, torch::kUInt8);
  picture.slice(2, 1).fill_(255);
  const torch::Tensor laid =
      overlay(picture, torch::tensor({{0.1f, 0.1f}, {0.5f, 0.5f}, {1.0f, 1.0f}}), 1).to(torch::kInt32);
  const auto contrast = [&](std::int64_t y) {
    return (laid.select(1, y).select(1, 1) - laid.select(1, y).select(1, 0)).abs().max().item<int>();
  };
  EXPECT_GT(contrast(0), contrast(1));
  EXPECT_GT(contrast(1), contrast(2));
  EXPECT_GT(image::pixel(laid, 2, 0)[0], image::pixel(laid, 2, 0)[2] + 50);  // red
}

TEST(Heatmap, PixelatedMapsHaveHardEdges) {
  const torch::Tensor picture = torch::full({1, 1, 8}, 128, torch::kUInt8);
  const torch::Tensor map = torch::tensor({{-1.0f, 1.0f}});
  const torch::Tensor hard = overlay(picture, map, 1, true);
  EXPECT_EQ(image::pixel(hard, 0, 0), image::pixel(hard, 0, 3));
  EXPECT_EQ(image::pixel(hard, 0, 4), image::pixel(hard, 0, 7));
  EXPECT_NE(image::pixel(hard, 0, 3), image::pixel(hard, 0, 4));
  const torch::Tensor soft = overlay(picture, map, 1);
  EXPECT_NE(image::pixel(soft, 0, 0), image::pixel(soft, 0, 3));
}

TEST(Heatmap, ColourBarRunsFromRedAtTheTopToBlue) {
  const torch::Tensor bar = colour_bar(2.5, 201, "drop");
  ASSERT_EQ(bar.sizes(), torch::IntArrayRef({3, 201, 104}));
  EXPECT_EQ(image::pixel(bar, 100, 18), kWhite);
  const std::vector<int> top = image::pixel(bar, 2, 18), bottom = image::pixel(bar, 198, 18);
  EXPECT_GT(top[0], top[2] + 100);
  EXPECT_GT(bottom[2], bottom[0] + 100);
}

/// Whether anything is drawn in a part of a white picture.
bool has_ink(const torch::Tensor& picture, std::int64_t top, std::int64_t bottom, std::int64_t left,
             std::int64_t right) {
  return picture.slice(1, top, bottom).slice(2, left, right).min().item<int>() < 128;
}

TEST(Heatmap, ColourBarNamesBothEndsAndZero) {
  const torch::Tensor bar = colour_bar(2.5, 200, "");
  EXPECT_TRUE(has_ink(bar, 0, 15, 34, 86));
  EXPECT_TRUE(has_ink(bar, 92, 108, 34, 86));
  EXPECT_TRUE(has_ink(bar, 185, 200, 34, 86));
  EXPECT_FALSE(has_ink(bar, 20, 90, 34, 104));                          // nothing between, and no label
  EXPECT_TRUE(has_ink(colour_bar(2.5, 200, "drop"), 60, 140, 60, 90));  // beside the numbers
}

TEST(Heatmap, AColourBarFromZeroHasNoBlue) {
  const torch::Tensor bar = colour_bar(2.5, 200, "", /*from_zero=*/true);
  EXPECT_GT(image::pixel(bar, 2, 18)[0], image::pixel(bar, 2, 18)[2] + 100);
  EXPECT_GE(image::pixel(bar, 100, 18)[0], image::pixel(bar, 100, 18)[2] + 50);  // half of the way
  EXPECT_TRUE(has_ink(bar, 185, 200, 34, 86));
  EXPECT_FALSE(has_ink(bar, 20, 180, 34, 104));
}

TEST(Heatmap, ColourBarTextStaysInside) {
  for (const double limit : {1e-30, 1.234e-5, 0.1234, 12.34, 1234.5, 1e30}) {
    const torch::Tensor bar =
        colour_bar(limit, 120, "a label that is far too long for a bar of this height, g");
    EXPECT_FALSE(has_ink(bar, 0, 120, 103, 104)) << limit;
    EXPECT_FALSE(has_ink(bar, 0, 1, 34, 104)) << limit;
    EXPECT_FALSE(has_ink(bar, 119, 120, 34, 104)) << limit;
  }
}

TEST(Heatmap, ColourBarsOfAnyHeightAreDrawn) {
  for (const std::int64_t height : {1, 2, 7, 28, 1000})
    EXPECT_EQ(colour_bar(1, height, "label").size(1), height);
  EXPECT_THROW(colour_bar(1, 0, ""), InvalidArgument);
  EXPECT_THROW(colour_bar(0, 10, ""), InvalidArgument);
}

}  // namespace
}  // namespace fathom::draw
