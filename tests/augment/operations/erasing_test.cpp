/// Cutout and erasing: tests of the kinds in fathom/augment/operations/erasing.cpp.
#include <cmath>

#include "augment/pictures.hpp"
#include "augment/uniformity.hpp"

namespace fathom::augment {
namespace {

torch::Tensor patch_of(const torch::Tensor& picture, const Patch& p) {
  return picture.narrow(1, p.y, p.height).narrow(2, p.x, p.width);
}

/// What a drawing covers of a white picture: all that is black lies in it.
Patch covered_patch(const Drawing& drawing, Extent size) {
  const torch::Tensor white = torch::full({1, size.height, size.width}, 255, torch::kByte);
  const torch::Tensor places = (replay(drawing, white)[0] == 0).nonzero();  // [pixels, 2]
  const auto end = [&](const torch::Tensor& ends, std::int64_t axis) {
    return ends[axis].item<std::int64_t>();
  };
  const torch::Tensor first = std::get<0>(places.min(0)), last = std::get<0>(places.max(0));
  const Patch patch{end(first, 0), end(first, 1), end(last, 0) - end(first, 0) + 1,
                    end(last, 1) - end(first, 1) + 1};
  EXPECT_EQ(places.size(0), patch.height * patch.width);
  return patch;
}

/// The picture with that patch grey of `value`, and opaque.
torch::Tensor with_patch(const torch::Tensor& picture, const Patch& patch, double value) {
  torch::Tensor result = picture.clone();
  patch_of(colours_of(result), patch).fill_(value);
  if (result.size(0) == 4) patch_of(result.narrow(0, 3, 1), patch).fill_(white_of(picture));
  return result;
}

TEST(Cutout, CoversASquareAroundItsCentre) {
  on_each_form(8, 12, [](const torch::Tensor& picture) {
    // Half of 8 pixels around pixel (4, 6).
    const torch::Tensor result =
        done(picture, "cutout", {{"size", 0.5}, {"x", 0.5}, {"y", 0.5}, {"fill", 1}});
    EXPECT_TRUE(result.equal(with_patch(picture, {2, 4, 4, 4}, white_of(picture))));
  });
}

TEST(Cutout, IsCutOffAtTheBorder) {
  const torch::Tensor picture = torch::full({1, 8, 8}, 9, torch::kByte);
  EXPECT_TRUE(done(picture, "cutout", {{"size", 0.5}, {"x", 0}, {"y", 1}})
                  .equal(with_patch(picture, {5, 0, 3, 2}, 0)));
  EXPECT_TRUE(done(picture, "cutout", {{"size", 0}}).equal(picture));
}

TEST(Cutout, HasItsCentreAnywhereEquallyOften) {
  const Pipeline pipeline = parse_pipeline("cutout(0.2)");  // a pixel of 5 x 5
  std::vector<int> counts(25);
  for (std::int64_t i = 0; i < 5000; ++i) {
    const Patch patch = covered_patch(draw(pipeline, {3, 0, i}), {5, 5});
    ASSERT_EQ(patch.height * patch.width, 1);
    ++counts[static_cast<std::size_t>(5 * patch.y + patch.x)];
  }
  EXPECT_LT(unevenness(counts), 1);
}

TEST(Erasing, CoversTheAreaAndShapeDrawn) {
  const Pipeline pipeline = parse_pipeline("erasing(0.02..0.2)");
  for (std::int64_t i = 0; i < 300; ++i) {
    const Drawing drawing = draw(pipeline, {1, 0, i});
    const double area = value_of(drawing[0], "area") * 60 * 90, ratio = value_of(drawing[0], "ratio");
    const Patch patch = covered_patch(drawing, {60, 90});
    const double height = std::sqrt(area * ratio), width = std::sqrt(area / ratio);
    EXPECT_NEAR(static_cast<double>(patch.height), height, 0.5);
    EXPECT_NEAR(static_cast<double>(patch.width), width, 0.5);
    EXPECT_NEAR(static_cast<double>(patch.height * patch.width), area, (height + width) / 2 + 0.25);
  }
}

TEST(Erasing, LiesInEveryPlaceEquallyOften) {
  // A 2 x 2 square in 4 x 4 pixels has 9 places.
  Operation operation = usual(operation_kind("erasing"));
  set(operation, "area", {0.25, 0.25});
  set(operation, "ratio", {1, 1});
  std::vector<int> counts(9);
  for (std::uint64_t i = 0; i < 4500; ++i) {
    std::vector<Step> steps;
    draw(operation, i, steps);
    const Patch patch = covered_patch(steps, {4, 4});
    ASSERT_EQ(patch.height, 2);
    ++counts[static_cast<std::size_t>(3 * patch.y + patch.x)];
  }
  EXPECT_LT(unevenness(counts), 1);
}

TEST(Erasing, LeavesWhatItDoesNotCover) {
  on_each_form(20, 16, [](const torch::Tensor& picture) {
    const Step step =
        step_of("erasing", {{"area", 0.2}, {"ratio", 0.8}, {"x", 0.3}, {"y", 0.9}, {"fill", 0.2}});
    // 64 of 320 pixels, 0.8 as high as wide: 7 x 9, at 0.9 of 14 rows and 0.3 of 8 columns.
    const double value = picture.scalar_type() == torch::kByte ? 51 : 0.2;
    EXPECT_TRUE(replay({step}, picture).equal(with_patch(picture, {12, 2, 7, 9}, value)));
  });
}

TEST(Erasing, WithNoiseHasAValueOfItsOwnEverywhere) {
  on_each_form(50, 50, [](const torch::Tensor& picture) {
    const Step step = step_of("erasing", {{"area", 1}, {"ratio", 1}, {"with", 1}, {"noise", 5}});
    const torch::Tensor result = replay({step}, picture), colours = colours_of(result);
    Histogram histogram(0, picture.scalar_type() == torch::kByte ? 256 : 1, 16);
    const torch::Tensor numbers = colours.to(torch::kDouble).flatten();
    for (std::int64_t i = 0; i < numbers.numel(); ++i) histogram.add(numbers[i].item<double>());
    EXPECT_EQ(histogram.outside(), 0);
    EXPECT_LT(unevenness(histogram.counts()), 1);
    if (colours.size(0) == 3) {
      EXPECT_FALSE(colours[0].equal(colours[1]));
    }
    if (result.size(0) == 4) {
      EXPECT_TRUE(result[3].eq(white_of(picture)).all().item<bool>());
    }
  });
}

}  // namespace
}  // namespace fathom::augment
