#include "fathom/draw/reliability.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom::draw {
namespace {

std::int64_t pixels_of(const torch::Tensor& picture, int red, int green, int blue) {
  return ((picture[0] == red) & (picture[1] == green) & (picture[2] == blue)).sum().item<std::int64_t>();
}

/// Pixels of the plots, without the entries of the legend, which are 12 x 12.
constexpr std::int64_t kLegend = 144;
std::int64_t over_pixels(const torch::Tensor& picture) { return pixels_of(picture, 222, 45, 38) - kLegend; }
std::int64_t under_pixels(const torch::Tensor& picture) { return pixels_of(picture, 253, 190, 80) - kLegend; }
std::int64_t bar_pixels(const torch::Tensor& picture) { return pixels_of(picture, 107, 174, 214) - kLegend; }

torch::Tensor two_bins(double accuracy) {
  return reliability_picture({{10, 0.25, 0.25}, {10, 0.75, accuracy}}, "gap");
}

TEST(Reliability, OverAndUnderconfidenceHaveColoursOfTheirOwn) {
  EXPECT_EQ(over_pixels(two_bins(0.75)), 0);
  EXPECT_EQ(under_pixels(two_bins(0.75)), 0);
  EXPECT_GT(over_pixels(two_bins(0.5)), 0);
  EXPECT_EQ(under_pixels(two_bins(0.5)), 0);
  EXPECT_EQ(over_pixels(two_bins(1.0)), 0);
  EXPECT_GT(under_pixels(two_bins(1.0)), 0);
}

TEST(Reliability, TheColouredPartsAreTheDistanceFromTheConfidence) {
  const auto over = [](double accuracy) { return static_cast<double>(over_pixels(two_bins(accuracy))); };
  EXPECT_NEAR(over(0.25) / over(0.5), 2, 0.1);
  EXPECT_NEAR(static_cast<double>(under_pixels(two_bins(1.0))) / over(0.5), 1, 0.1);
}

TEST(Reliability, BinsWithoutImagesAreEmpty) {
  const torch::Tensor none = reliability_picture({{0, 0, 0}, {0, 0, 0}}, "nothing");
  EXPECT_EQ(bar_pixels(none), 0);
  EXPECT_EQ(over_pixels(none), 0);
  EXPECT_EQ(under_pixels(none), 0);
  EXPECT_GT(bar_pixels(reliability_picture({{0, 0, 0}, {3, 0.9, 0.9}}, "one")), 0);
}

/// The marks at the left of the upper plot: 0, 0.25, 0.5, 0.75 and 1, equally far from each other.
TEST(Reliability, TheAxisHasAMarkAtEveryQuarter) {
  const torch::Tensor picture = two_bins(0.75);
  // The frame begins in column 76; its marks are in the five columns before.
  const torch::Tensor marks = (picture.narrow(2, 71, 5) == 120).all(2).all(0).nonzero().flatten();
  ASSERT_GE(marks.size(0), 5);
  for (std::int64_t i = 1; i < 5; ++i) EXPECT_EQ((marks[i] - marks[i - 1]).item<std::int64_t>(), 120);
}

TEST(Reliability, TheLowerPlotHasABarAsTallAsTheShareOfTheFullestBin) {
  // Accurate nowhere: all blue is of the lower plot.
  const auto bars = [](std::int64_t images) {
    return static_cast<double>(
        bar_pixels(reliability_picture({{images, 0.25, 0}, {100, 0.75, 0}}, "counts")));
  };
  EXPECT_NEAR((bars(100) - bars(0)) / bars(0), 1, 0.05);
  EXPECT_NEAR((bars(50) - bars(0)) / bars(0), 0.5, 0.05);
}

/// The same accuracy: of few images it is uncertain. Of 1 of 2 the interval is 9.5 % to 90.5 %, of 1000 of
/// 2000 47.8 % to 52.2 % (Wilson's formula by hand).
TEST(Reliability, ABinOfFewImagesHasALongWhisker) {
  const auto whisker = [](std::int64_t images) {
    const torch::Tensor picture = reliability_picture({{images, 0.5, 0.5}}, "");
    // One bin: the whisker is in the middle of the plot, which begins at (76, 124) and is 480 pixels wide.
    const torch::Tensor column = picture.select(2, 76 + 240).narrow(1, 124, 481);
    return (column == 40).all(0).sum().item<std::int64_t>();
  };
  EXPECT_NEAR(static_cast<double>(whisker(2)), 0.81 * 480, 4);
  EXPECT_NEAR(static_cast<double>(whisker(2000)), 0.044 * 480, 4);
}

TEST(Reliability, NothingIsCutAtTheEdge) {
  for (const std::int64_t images : {10, 1'000'000}) {
    const torch::Tensor picture =
        reliability_picture(std::vector<ReliabilityBin>(15, {images, 0.5, 0.9}),
                            "a data set with a rather long name test: accuracy at each confidence");
    const std::int64_t h = picture.size(1), w = picture.size(2);
    for (const torch::Tensor& edge :
         {picture.slice(1, 0, 4), picture.slice(1, h - 4), picture.slice(2, 0, 4), picture.slice(2, w - 4)})
      EXPECT_EQ(edge.min().item<int>(), 255);
  }
}

TEST(Reliability, RefusesNoBins) {
  EXPECT_THROW(reliability_picture({}, ""), InvalidArgument);
  EXPECT_THROW(reliability_picture(std::vector<ReliabilityBin>(101), ""), InvalidArgument);
}

}  // namespace
}  // namespace fathom::draw
