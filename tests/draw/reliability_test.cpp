#include "fathom/draw/reliability.hpp"

#include <gtest/gtest.h>

#include "fathom/core/error.hpp"

namespace fathom::draw {
namespace {

std::int64_t pixels_of(const torch::Tensor& picture, int red, int green, int blue) {
  return ((picture[0] == red) & (picture[1] == green) & (picture[2] == blue)).sum().item<std::int64_t>();
}

std::int64_t gap_pixels(const torch::Tensor& picture) { return pixels_of(picture, 222, 45, 38); }
std::int64_t bar_pixels(const torch::Tensor& picture) { return pixels_of(picture, 107, 174, 214); }

TEST(Reliability, TheRedPartsAreTheDistanceFromTheConfidence) {
  const auto gap = [](double accuracy) {
    return gap_pixels(reliability_picture({{10, 0.25, 0.25}, {10, 0.75, accuracy}}, "gap"));
  };
  EXPECT_EQ(gap(0.75), 0);
  EXPECT_GT(gap(0.5), 0);
  EXPECT_NEAR(static_cast<double>(gap(0.25)) / static_cast<double>(gap(0.5)), 2, 0.1);
  EXPECT_NEAR(static_cast<double>(gap(1.0)) / static_cast<double>(gap(0.5)), 1, 0.1);  // too modest
}

TEST(Reliability, BinsWithoutImagesAreEmpty) {
  const torch::Tensor none = reliability_picture({{0, 0, 0}, {0, 0, 0}}, "nothing");
  EXPECT_EQ(bar_pixels(none), 0);
  EXPECT_EQ(gap_pixels(none), 0);
  EXPECT_GT(bar_pixels(reliability_picture({{0, 0, 0}, {3, 0.9, 0.9}}, "one")), 0);
}

TEST(Reliability, NothingIsCutAtTheEdge) {
  const torch::Tensor picture =
      reliability_picture(std::vector<ReliabilityBin>(15, {10, 0.5, 0.9}),
                          "a data set with a rather long name test: calibration error 12.34 %");
  const std::int64_t h = picture.size(1), w = picture.size(2);
  for (const torch::Tensor& edge :
       {picture.slice(1, 0, 4), picture.slice(1, h - 4), picture.slice(2, 0, 4), picture.slice(2, w - 4)})
    EXPECT_EQ(edge.min().item<int>(), 255);
}

TEST(Reliability, RefusesNoBins) {
  EXPECT_THROW(reliability_picture({}, ""), InvalidArgument);
  EXPECT_THROW(reliability_picture(std::vector<ReliabilityBin>(101), ""), InvalidArgument);
}

}  // namespace
}  // namespace fathom::draw
