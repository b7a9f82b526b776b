/// Flips and affine maps: tests of the kinds in fathom/augment/operations/affine.cpp.
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "augment/pictures.hpp"

namespace fathom::augment {
namespace {

/// What a shift by whole pixels makes of a picture: black comes in, and no opacity.
torch::Tensor moved(const torch::Tensor& picture, std::int64_t down, std::int64_t right) {
  const std::int64_t height = picture.size(1), width = picture.size(2);
  torch::Tensor result = torch::zeros_like(picture);
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x)
      if (y - down >= 0 && y - down < height && x - right >= 0 && x - right < width)
        result.select(1, y).select(1, x).copy_(picture.select(1, y - down).select(1, x - right));
  return result;
}

TEST(Flips, AreThoseOfTheTensor) {
  on_each_form(6, 9, [](const torch::Tensor& picture) {
    EXPECT_TRUE(done(picture, "hflip").equal(picture.flip(2)));
    EXPECT_TRUE(done(picture, "vflip").equal(picture.flip(1)));
  });
}

TEST(Flips, TwiceIsTheIdentity) {
  on_each_form(7, 10, [](const torch::Tensor& picture) {
    for (const char* name : {"hflip", "vflip"})
      EXPECT_TRUE(replay({step_of(name), step_of(name)}, picture).equal(picture)) << name;
  });
}

TEST(Flips, AreTheSameInPlace) {
  on_each_form(5, 8, [](const torch::Tensor& picture) {
    const torch::Tensor negative = done(picture, "invert");
    EXPECT_TRUE(replay({step_of("invert"), step_of("hflip")}, picture).equal(negative.flip(2)));
    EXPECT_TRUE(replay({step_of("invert"), step_of("vflip")}, picture).equal(negative.flip(1)));
  });
}

TEST(Rotate, QuarterTurnsOfASquareAreExact) {
  for (const std::int64_t side : {1, 8, 9})
    on_each_form(side, side, [](const torch::Tensor& picture) {
      for (const int turns : {-4, -3, -2, -1, 0, 1, 2, 3, 4})
        EXPECT_TRUE(done(picture, "rotate", {{"degrees", 90. * turns}}).equal(picture.rot90(turns, {1, 2})))
            << turns << " quarter turns";
    });
}

TEST(Rotate, HalfATurnOfAnyPictureIsExact) {
  on_each_form(6, 9, [](const torch::Tensor& picture) {
    EXPECT_TRUE(done(picture, "rotate", {{"degrees", 180}}).equal(picture.flip({1, 2})));
  });
}

TEST(Rotate, IsOpenCVsAboutTheMiddle) {
  on_each_form(40, 31, [](const torch::Tensor& picture) {
    for (const double degrees : {-33., 12.5, 77.}) {
      const cv::Mat map = cv::getRotationMatrix2D({15, 19.5}, degrees, 1);
      cv::Mat expected;
      cv::warpAffine(mat_of(picture), expected, map, {31, 40}, cv::INTER_LINEAR, cv::BORDER_CONSTANT);
      EXPECT_TRUE(done(picture, "rotate", {{"degrees", degrees}}).equal(tensor_of(expected))) << degrees;
    }
  });
}

TEST(Translate, MovesByWholePixels) {
  on_each_form(10, 8, [](const torch::Tensor& picture) {
    // 0.25 of 8 pixels and 0.3 of 10; 0.3 of 8 is 2.4, rounded.
    EXPECT_TRUE(done(picture, "translate", {{"x", 0.25}, {"y", 0.3}}).equal(moved(picture, 3, 2)));
    EXPECT_TRUE(done(picture, "translate", {{"x", -0.3}, {"y", 0}}).equal(moved(picture, 0, -2)));
    EXPECT_TRUE(done(picture, "translate", {{"x", 1}, {"y", 0}}).equal(torch::zeros_like(picture)));
  });
}

TEST(Translate, BordersAreWhatTheySay) {
  // 1 2 3 4 moved by two to the right.
  const torch::Tensor picture = torch::tensor({1, 2, 3, 4}, torch::kByte).view({1, 1, 4});
  const auto row = [&](double border) {
    const torch::Tensor result = done(picture, "translate", {{"x", 0.5}, {"border", border}, {"fill", 0.4}});
    std::vector<int> numbers;
    for (int i = 0; i < 4; ++i) numbers.push_back(result[0][0][i].item<int>());
    return numbers;
  };
  EXPECT_EQ(row(0), (std::vector{102, 102, 1, 2}));
  EXPECT_EQ(row(1), (std::vector{3, 2, 1, 2}));  // the edge is not repeated
  EXPECT_EQ(row(2), (std::vector{1, 1, 1, 2}));
  EXPECT_EQ(row(3), (std::vector{3, 4, 1, 2}));
}

TEST(Translate, WhatComesIntoViewIsFilledAndTransparent) {
  for (const torch::ScalarType type : {torch::kByte, torch::kFloat}) {
    const torch::Tensor picture = noise_picture(4, 4, 4, type);
    const torch::Tensor result = done(picture, "translate", {{"x", 0.25}, {"fill", 0.6}});
    const torch::Tensor column = result.select(2, 0);
    EXPECT_LT(largest_gap(column.narrow(0, 0, 3), torch::full({3, 4}, 0.6 * white_of(picture))), 1e-6);
    EXPECT_TRUE(column[3].eq(0).all().item<bool>());
    EXPECT_TRUE(result.narrow(2, 1, 3).equal(picture.narrow(2, 0, 3)));
  }
}

TEST(Scale, IsOpenCVsAboutTheMiddle) {
  on_each_form(21, 30, [](const torch::Tensor& picture) {
    for (const double factor : {0.5, 1.3, 2.}) {
      const cv::Mat map = cv::getRotationMatrix2D({14.5, 10}, 0, factor);
      cv::Mat expected;
      cv::warpAffine(mat_of(picture), expected, map, {30, 21}, cv::INTER_LINEAR, cv::BORDER_CONSTANT);
      EXPECT_TRUE(done(picture, "scale", {{"factor", factor}}).equal(tensor_of(expected))) << factor;
    }
  });
}

TEST(Scale, StretchWidensOnly) {
  // Every second column of the middle is where one was; rows stay.
  const torch::Tensor picture = noise_picture(1, 5, 9);
  const torch::Tensor result = done(picture, "scale", {{"stretch", 2}});
  for (int i = -2; i <= 2; ++i) EXPECT_TRUE(result.select(2, 4 + 2 * i).equal(picture.select(2, 4 + i))) << i;
}

TEST(Shear, BySlantOf45DegreesMovesEveryRowByItsDistanceFromTheMiddle) {
  on_each_form(5, 9, [](const torch::Tensor& picture) {
    const torch::Tensor leaning = done(picture, "shear", {{"x", 45}});
    for (std::int64_t y = 0; y < 5; ++y)
      EXPECT_TRUE(leaning.narrow(1, y, 1).equal(moved(picture, 0, y - 2).narrow(1, y, 1))) << y;
    const torch::Tensor rising = done(picture, "shear", {{"y", 45}});
    for (std::int64_t x = 0; x < 9; ++x)
      EXPECT_TRUE(rising.narrow(2, x, 1).equal(moved(picture, x - 4, 0).narrow(2, x, 1))) << x;
  });
}

TEST(Shear, AlongBothAxesIsOneAfterTheOtherAndKeepsTheArea) {
  on_each_form(9, 7, [](const torch::Tensor& picture) {
    const torch::Tensor both = done(picture, "shear", {{"x", 45}, {"y", 45}});
    // Shears by 45 degrees move whole pixels: (x, y) from the middle to (x + y, y) to (x + y, x + 2 y).
    torch::Tensor expected = torch::zeros_like(picture);
    for (std::int64_t y = -4; y <= 4; ++y)
      for (std::int64_t x = -3; x <= 3; ++x)
        if (std::abs(x + y) <= 3 && std::abs(x + 2 * y) <= 4)
          expected.select(1, 4 + x + 2 * y)
              .select(1, 3 + x + y)
              .copy_(picture.select(1, 4 + y).select(1, 3 + x));
    EXPECT_TRUE(both.equal(expected));
  });
  for (const char* name : {"shear", "affine"}) {
    const std::string prefix = name == std::string("affine") ? "shear-" : "";
    for (const double x : {-80., -45., 30., 45., 80.})
      for (const double y : {-45., 10., 45., 80.}) {
        const Step step = step_of(name, {{prefix + "x", x}, {prefix + "y", y}});
        const auto m = step.kind->matrix(step.values, {20, 30});
        EXPECT_NEAR(m[0] * m[4] - m[1] * m[3], 1, 1e-9) << describe(step);
      }
  }
}

TEST(Affine, OfOnePartIsThatPart) {
  on_each_form(16, 20, [](const torch::Tensor& picture) {
    const auto same = [&](const torch::Tensor& part,
                          const std::vector<std::pair<std::string, double>>& values) {
      EXPECT_TRUE(done(picture, "affine", values).equal(part)) << values[0].first;
    };
    same(picture, {{"degrees", 0}});
    same(done(picture, "rotate", {{"degrees", 25}}), {{"degrees", 25}});
    same(done(picture, "translate", {{"x", 0.2}, {"y", -0.1}}), {{"x", 0.2}, {"y", -0.1}});
    same(done(picture, "scale", {{"factor", 1.25}}), {{"factor", 1.25}});
    same(done(picture, "shear", {{"x", 12}}), {{"shear-x", 12}});
    same(done(picture, "shear", {{"y", -7}}), {{"shear-y", -7}});
  });
}

TEST(Affine, TurnsWhatWasShearedAndMovesItThen) {
  // A turn by 90 degrees takes (x, y) from the middle to (y, -x); sheared by 45 degrees before, x is x + y.
  torch::Tensor picture = torch::zeros({1, 9, 9}, torch::kByte);
  picture[0][4 + 1][4 + 2] = 200;
  const torch::Tensor result =
      done(picture, "affine", {{"degrees", 90}, {"shear-x", 45}, {"x", 1 / 9.}, {"y", 0}});
  // (2, 1) -> (3, 1) -> (1, -3) -> (2, -3).
  EXPECT_EQ(result[0][4 - 3][4 + 2].item<int>(), 200);
  EXPECT_EQ(result.sum().item<int>(), 200);
}

TEST(AffineMaps, DoWhatTheirMatrixSays) {
  int maps = 0;
  for (const OperationKind& kind : operation_kinds()) {
    if (!kind.matrix) continue;
    ++maps;
    const torch::Tensor picture = noise_picture(3, 24, 17);
    std::vector<Step> steps;
    draw(usual(kind), 5, steps);
    const auto m = kind.matrix(steps.at(0).values, {24, 17});
    cv::Mat expected;
    cv::warpAffine(mat_of(picture), expected, cv::Matx23d(m.data()), {17, 24}, cv::INTER_LINEAR,
                   cv::BORDER_CONSTANT);
    EXPECT_TRUE(replay(steps, picture).equal(tensor_of(expected))) << kind.name;
  }
  EXPECT_EQ(maps, 7);
}

}  // namespace
}  // namespace fathom::augment
