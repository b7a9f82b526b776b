/// Blurs and sharpening: tests of the kinds in fathom/augment/operations/blur.cpp.
#include <opencv2/imgproc.hpp>

#include "augment/pictures.hpp"

namespace fathom::augment {
namespace {

/// Black but for one pixel in the middle.
torch::Tensor lit_pixel(std::int64_t side) {
  torch::Tensor picture = torch::zeros({1, side, side}, torch::kFloat);
  picture[0][side / 2][side / 2] = 1;
  return picture;
}

/// `f` on the colours as OpenCV's matrix; opacity as it was.
template <typename Function>
torch::Tensor colours_by_opencv(const torch::Tensor& picture, const Function& f) {
  cv::Mat result;
  f(mat_of(colours_of(picture)), result);
  torch::Tensor all = picture.clone();
  colours_of(all).copy_(tensor_of(result));
  return all;
}

TEST(GaussianBlur, IsOpenCVs) {
  on_each_form(30, 41, [](const torch::Tensor& picture) {
    for (const double sigma : {0.4, 1.5, 4.}) {
      const torch::Tensor expected = colours_by_opencv(picture, [&](const cv::Mat& in, cv::Mat& out) {
        cv::GaussianBlur(in, out, {}, sigma, sigma, cv::BORDER_REFLECT_101);
      });
      EXPECT_TRUE(done(picture, "gaussian-blur", {{"sigma", sigma}}).equal(expected)) << sigma;
    }
  });
}

TEST(GaussianBlur, KeepsTheMean) {
  const torch::Tensor blurred = done(lit_pixel(41), "gaussian-blur", {{"sigma", 3}});
  EXPECT_NEAR(blurred.sum().item<double>(), 1, 1e-5);
  EXPECT_NEAR(blurred.max().item<double>(), 1 / (2 * CV_PI * 9), 3e-4);  // the middle of the bell
  const torch::Tensor picture = noise_picture(3, 64, 64);
  EXPECT_NEAR(done(picture, "gaussian-blur", {{"sigma", 2}}).to(torch::kDouble).mean().item<double>(),
              picture.to(torch::kDouble).mean().item<double>(), 1);
}

TEST(Blurs, WithoutStrengthAreTheIdentity) {
  on_each_form(11, 14, [](const torch::Tensor& picture) {
    EXPECT_TRUE(done(picture, "gaussian-blur", {{"sigma", 0}}).equal(picture));
    EXPECT_TRUE(done(picture, "median-blur", {{"radius", 0}}).equal(picture));
    EXPECT_TRUE(done(picture, "motion-blur", {{"length", 1}, {"degrees", 30}}).equal(picture));
    EXPECT_TRUE(done(picture, "sharpen", {{"factor", 1}}).equal(picture));
  });
}

TEST(MotionBlur, SpreadsAPixelAlongItsDirection) {
  const torch::Tensor level = done(lit_pixel(15), "motion-blur", {{"length", 5}, {"degrees", 0}});
  EXPECT_NEAR(level.sum().item<double>(), 1, 1e-5);
  EXPECT_NEAR(level[0][7].sum().item<double>(), 1, 1e-5);
  EXPECT_NEAR(level[0][7].narrow(0, 5, 5).sum().item<double>(), 1, 1e-5);
  EXPECT_NEAR(level[0][7][7].item<double>(), 0.25, 0.01);  // four steps from end to end

  const torch::Tensor upright = done(lit_pixel(15), "motion-blur", {{"length", 5}, {"degrees", 90}});
  EXPECT_LT(largest_gap(upright, level.transpose(1, 2)), 1e-5);
  const torch::Tensor rising = done(lit_pixel(15), "motion-blur", {{"length", 9}, {"degrees", 45}});
  EXPECT_GT(rising[0][5][9].item<double>(), 0.05);  // to the right and up
  EXPECT_NEAR(rising[0][9][9].item<double>(), 0, 1e-6);
}

TEST(MotionBlur, KeepsTheMeanOfOneColourAndTheRange) {
  for (const double length : {3., 12., 60.}) {
    const torch::Tensor plain = torch::full({3, 20, 30}, 200, torch::kByte);
    EXPECT_LE(largest_gap(done(plain, "motion-blur", {{"length", length}, {"degrees", 20}}), plain), 1);
    const torch::Tensor hard = noise_picture(3, 40, 40, torch::kFloat).round();
    const torch::Tensor blurred = done(hard, "motion-blur", {{"length", length}, {"degrees", 20}});
    EXPECT_GE(blurred.min().item<float>(), 0) << length;
    EXPECT_LE(blurred.max().item<float>(), 1) << length;
  }
}

TEST(MedianBlur, IsOpenCVs) {
  on_each_form(20, 17, [](const torch::Tensor& picture) {
    for (const int radius : {1, 2}) {
      const torch::Tensor expected = colours_by_opencv(
          picture, [&](const cv::Mat& in, cv::Mat& out) { cv::medianBlur(in, out, 2 * radius + 1); });
      EXPECT_TRUE(done(picture, "median-blur", {{"radius", static_cast<double>(radius)}}).equal(expected));
    }
  });
}

TEST(MedianBlur, OfLargeWindowsIsThatOfBytes) {
  const torch::Tensor bytes = noise_picture(3, 30, 30), floats = bytes.to(torch::kFloat) / 255;
  const torch::Tensor expected =
      colours_by_opencv(bytes, [](const cv::Mat& in, cv::Mat& out) { cv::medianBlur(in, out, 9); });
  EXPECT_TRUE(done(bytes, "median-blur", {{"radius", 4}}).equal(expected));
  EXPECT_LT(largest_gap(done(floats, "median-blur", {{"radius", 4}}) * 255, expected), 1e-3);
}

TEST(MedianBlur, RemovesASinglePixel) {
  EXPECT_EQ(done(lit_pixel(9), "median-blur", {{"radius", 1}}).max().item<float>(), 0);
}

TEST(Sharpen, GoesAwayFromTheSmoothedPicture) {
  on_each_form(12, 15, [](const torch::Tensor& picture) {
    const torch::Tensor floats = colours_of(picture).to(torch::kDouble);
    const auto wide = torch::reflection_pad2d(floats, {1, 1, 1, 1});
    torch::Tensor smooth = 4 * floats;  // the weights are 1 around 5, of 13
    for (std::int64_t y = 0; y < 3; ++y)
      for (std::int64_t x = 0; x < 3; ++x) smooth += wide.narrow(1, y, 12).narrow(2, x, 15);
    smooth /= 13;
    for (const double factor : {0., 0.5, 2., 6.}) {
      const torch::Tensor expected = (smooth + factor * (floats - smooth)).clamp(0, white_of(picture));
      const torch::Tensor result = done(picture, "sharpen", {{"factor", factor}});
      EXPECT_LE(largest_gap(colours_of(result), expected),
                picture.scalar_type() == torch::kByte ? 0.51 : 1e-5);
    }
  });
}

}  // namespace
}  // namespace fathom::augment
