/// Crops and resize: tests of the kinds in fathom/augment/operations/crop.cpp.
#include <map>

#include <opencv2/imgproc.hpp>

#include "augment/pictures.hpp"
#include "augment/uniformity.hpp"

namespace fathom::augment {
namespace {

/// The place that stands for position `i` of `free` + 1.
double place_of(std::int64_t i, std::int64_t free) {
  return (static_cast<double>(i) + 0.5) / static_cast<double>(free + 1);
}

/// Padded by p on all sides, by LibTorch; of whole numbers up to 255, which floats hold exactly.
torch::Tensor padded(const torch::Tensor& picture, std::int64_t p, double border) {
  const torch::Tensor floats = picture.to(torch::kFloat);
  torch::Tensor result;
  if (border == 0) result = torch::constant_pad_nd(floats, {p, p, p, p}, 0);
  if (border == 1) result = torch::reflection_pad2d(floats, {p, p, p, p});
  if (border == 2) result = torch::replication_pad2d(floats, {p, p, p, p});
  if (border == 3) {
    result = torch::cat({floats, floats, floats}, 1);
    result = torch::cat({result, result, result}, 2)
                 .narrow(1, picture.size(1) - p, picture.size(1) + 2 * p)
                 .narrow(2, picture.size(2) - p, picture.size(2) + 2 * p);
  }
  return result.to(picture.scalar_type());
}

TEST(Crop, AtItsOwnSizeIsAShiftOfThePaddedPicture) {
  on_each_form(5, 6, [](const torch::Tensor& picture) {
    for (const double border : {0., 1., 2., 3.}) {
      const torch::Tensor wide = padded(picture, 2, border);
      for (std::int64_t y = 0; y <= 4; ++y)
        for (std::int64_t x = 0; x <= 4; ++x) {
          const torch::Tensor part =
              done(picture, "crop",
                   {{"padding", 2}, {"x", place_of(x, 4)}, {"y", place_of(y, 4)}, {"border", border}});
          ASSERT_TRUE(part.equal(wide.narrow(1, y, 5).narrow(2, x, 6)))
              << "border " << border << " at " << y << ", " << x;
        }
    }
  });
}

TEST(Crop, TakesEveryShiftEquallyOften) {
  const torch::Tensor picture = torch::arange(1, 10, torch::kByte).view({1, 3, 3});
  const Pipeline pipeline = parse_pipeline("crop(1)");
  std::vector<int> counts(9);
  for (std::int64_t i = 0; i < 4500; ++i) {
    const torch::Tensor part = augment(pipeline, picture, {1, 0, i});
    const int middle = part[0][1][1].item<int>();
    ASSERT_GE(middle, 1);
    ++counts[static_cast<std::size_t>(middle - 1)];
  }
  EXPECT_LT(unevenness(counts), 1);
}

TEST(Crop, OfAnotherSizeIsAPartOfIt) {
  const torch::Tensor picture = noise_picture(3, 9, 8);
  const torch::Tensor part =
      done(picture, "crop",
           {{"padding", 0}, {"height", 4}, {"width", 3}, {"x", place_of(5, 5)}, {"y", place_of(2, 5)}});
  EXPECT_TRUE(part.equal(picture.narrow(1, 2, 4).narrow(2, 5, 3)));
}

TEST(Crop, LargerThanThePaddedPictureShowsItInTheMiddle) {
  const torch::Tensor picture = noise_picture(1, 2, 3);
  for (const double where : {0., 0.5, 1.}) {
    const torch::Tensor part =
        done(picture, "crop", {{"padding", 1}, {"height", 8}, {"width", 9}, {"x", where}, {"y", where}});
    EXPECT_TRUE(part.equal(torch::constant_pad_nd(picture, {3, 3, 3, 3}, 0)));
  }
}

TEST(Crop, WhatLiesOutsideIsFilledAndTransparent) {
  const torch::Tensor picture = noise_picture(4, 3, 3, torch::kFloat);
  const torch::Tensor part = done(picture, "crop", {{"padding", 1}, {"x", 0}, {"y", 0}, {"fill", 0.25}});
  const torch::Tensor row = part.select(1, 0);
  EXPECT_TRUE(row.narrow(0, 0, 3).eq(0.25).all().item<bool>());
  EXPECT_TRUE(row[3].eq(0).all().item<bool>());
}

TEST(Crop, AtTheLowerLeftMovesThePictureUpAndToTheRight) {
  const torch::Tensor picture = noise_picture(1, 10, 20);
  EXPECT_TRUE(done(picture, "crop", {{"padding", 4}, {"x", 0}, {"y", 1}})
                  .equal(torch::constant_pad_nd(picture, {4, -4, -4, 4}, 0)));
}

TEST(CentreCrop, IsTheMiddle) {
  const torch::Tensor picture = noise_picture(3, 9, 8);
  EXPECT_TRUE(done(picture, "centre-crop", {{"height", 5}, {"width", 4}})
                  .equal(picture.narrow(1, 2, 5).narrow(2, 2, 4)));
  EXPECT_TRUE(done(picture, "centre-crop", {{"height", 11}, {"width", 12}})
                  .equal(torch::constant_pad_nd(picture, {2, 2, 1, 1}, 0)));
  EXPECT_TRUE(done(picture, "centre-crop").equal(picture));
}

TEST(CentreCrop, RoundsHalfAPixelToTheEvenNumberAsTorchvision) {
  // int(round((side - length) / 2.0)) of differences 1, 3, 5 and 7, by Python: 0, 2, 2, 4.
  const torch::Tensor picture = noise_picture(3, 10, 8);
  const std::map<std::int64_t, std::int64_t> starts = {{1, 0}, {3, 2}, {5, 2}, {7, 4}};
  for (const auto& [difference, start] : starts) {
    const std::int64_t height = 10 - difference, width = 8 - difference;
    EXPECT_TRUE(done(picture, "centre-crop",
                     {{"height", static_cast<double>(height)}, {"width", static_cast<double>(width)}})
                    .equal(picture.narrow(1, start, height).narrow(2, start, width)))
        << difference;
  }
}

TEST(ResizedCrop, OfTheWholeAtItsOwnSizeIsTheIdentity) {
  on_each_form(12, 12, [](const torch::Tensor& picture) {
    EXPECT_TRUE(done(picture, "resized-crop", {{"area", 1}, {"ratio", 1}}).equal(picture));
  });
  const torch::Tensor wide = noise_picture(3, 6, 12);
  EXPECT_TRUE(done(wide, "resized-crop", {{"area", 1}, {"ratio", 2}}).equal(wide));
}

TEST(ResizedCrop, IsOpenCVsResizeOfThePart) {
  on_each_form(16, 16, [](const torch::Tensor& picture) {
    // A quarter of the area, square, right and at the top: 8 x 8 pixels.
    const torch::Tensor part =
        done(picture, "resized-crop", {{"area", 0.25}, {"ratio", 1}, {"x", 1}, {"y", 0}, {"height", 20}});
    cv::Mat expected;
    cv::resize(mat_of(picture.narrow(1, 0, 8).narrow(2, 8, 8)), expected, {16, 20}, 0, 0, cv::INTER_LINEAR);
    EXPECT_TRUE(part.equal(tensor_of(expected)));
  });
}

TEST(ResizedCrop, RatioIsWidthByHeight) {
  // 16 of 64 pixels, four times as wide as high: 2 x 8.
  const torch::Tensor picture = noise_picture(1, 8, 8);
  const torch::Tensor part =
      done(picture, "resized-crop", {{"area", 0.25}, {"ratio", 4}, {"y", 0}, {"height", 2}, {"width", 8}});
  EXPECT_TRUE(part.equal(picture.narrow(1, 0, 2)));
}

TEST(Resize, IsOpenCVsWithAreaAveragesWhenShrinking) {
  on_each_form(12, 10, [](const torch::Tensor& picture) {
    const auto by_opencv = [&](int height, int width, int how) {
      cv::Mat result;
      cv::resize(mat_of(picture), result, {width, height}, 0, 0, how);
      return tensor_of(result);
    };
    const auto made = [&](double height, double width) {
      return done(picture, "resize", {{"height", height}, {"width", width}});
    };
    EXPECT_TRUE(made(6, 5).equal(by_opencv(6, 5, cv::INTER_AREA)));
    EXPECT_TRUE(made(24, 15).equal(by_opencv(24, 15, cv::INTER_LINEAR)));
    EXPECT_TRUE(made(0, 4).equal(by_opencv(12, 4, cv::INTER_AREA)));
    EXPECT_TRUE(made(0, 0).equal(picture));
  });
}

TEST(Resize, AveragesAlongTheAxisThatShrinksWhileTheOtherGrows) {
  on_each_form(12, 10, [](const torch::Tensor& picture) {
    const auto by_opencv = [](const cv::Mat& from, int height, int width, int how) {
      cv::Mat result;
      cv::resize(from, result, {width, height}, 0, 0, how);
      return result;
    };
    const cv::Mat from = mat_of(picture);
    EXPECT_TRUE(
        done(picture, "resize", {{"height", 4}, {"width", 15}})
            .equal(tensor_of(by_opencv(by_opencv(from, 4, 10, cv::INTER_AREA), 4, 15, cv::INTER_LINEAR))));
    EXPECT_TRUE(
        done(picture, "resize", {{"height", 24}, {"width", 3}})
            .equal(tensor_of(by_opencv(by_opencv(from, 12, 3, cv::INTER_AREA), 24, 3, cv::INTER_LINEAR))));
  });
  // Four rows become their mean, whatever becomes of the columns.
  const torch::Tensor rows = torch::tensor({0, 100, 20, 40}, torch::kByte).view({1, 4, 1}).expand({1, 4, 2});
  for (const double width : {1, 2, 6})
    EXPECT_TRUE(done(rows, "resize", {{"height", 1}, {"width", width}}).eq(40).all().item<bool>()) << width;
  // The whole picture is the part of this crop.
  EXPECT_TRUE(done(rows, "resized-crop", {{"area", 1}, {"ratio", 0.5}, {"height", 1}, {"width", 6}})
                  .eq(40)
                  .all()
                  .item<bool>());
}

/// The labels below the middles of the pixels of `size`; between two, the right or the lower one.
torch::Tensor labels_at_centres(const torch::Tensor& mask, Extent size) {
  const auto places = [](std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < to; ++i) all.push_back((2 * i + 1) * from / (2 * to));
    return torch::tensor(all, torch::kLong);
  };
  return mask.index_select(1, places(mask.size(1), size.height))
      .index_select(2, places(mask.size(2), size.width));
}

TEST(Resize, OfAMaskTakesTheLabelsAtTheCentresOfItsPixels) {
  for (const torch::ScalarType type : {torch::kByte, torch::kFloat}) {
    const torch::Tensor mask = torch::arange(1, 12 * 10 + 1, type).view({1, 12, 10});
    for (const Extent size : {Extent{4, 5}, {6, 20}, {5, 7}, {24, 3}, {1, 1}, {12, 10}, {31, 29}}) {
      const std::vector<std::pair<std::string, double>> sides = {{"height", static_cast<double>(size.height)},
                                                                 {"width", static_cast<double>(size.width)}};
      const torch::Tensor expected = labels_at_centres(mask, size);
      EXPECT_TRUE(replay({step_of("resize", sides)}, mask, Target::mask).equal(expected))
          << size.height << " x " << size.width;

      // The right half, 12 x 5 pixels.
      Step crop = step_of("resized-crop", sides);
      crop.values[parameter_index(*crop.kind, "area")] = 0.5;
      crop.values[parameter_index(*crop.kind, "ratio")] = 5. / 12;
      crop.values[parameter_index(*crop.kind, "x")] = 1;
      EXPECT_TRUE(replay({crop}, mask, Target::mask).equal(labels_at_centres(mask.narrow(2, 5, 5), size)))
          << size.height << " x " << size.width;
    }
  }
}

TEST(Resize, OfALargeMaskIsExactToItsLastPixel) {
  const torch::Tensor mask = torch::arange(0, 9000, torch::kFloat).view({1, 1, 9000});
  EXPECT_TRUE(replay({step_of("resize", {{"height", 1}, {"width", 16383}})}, mask, Target::mask)
                  .equal(labels_at_centres(mask, {1, 16383})));
}

TEST(Resize, ToHalfIsTheMeanOfFour) {
  const torch::Tensor picture = torch::tensor({0, 40, 80, 120}, torch::kByte).view({1, 2, 2});
  EXPECT_EQ(done(picture, "resize", {{"height", 1}, {"width", 1}}).item<int>(), 60);
}

}  // namespace
}  // namespace fathom::augment
