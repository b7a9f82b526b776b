/// Blurs, and sharpening.
#include <algorithm>
#include <cmath>

#include <opencv2/imgproc.hpp>

#include "fathom/augment/operations/catalogue.hpp"
#include "fathom/augment/operations/opencv_picture.hpp"

namespace fathom::augment {
namespace {

constexpr Parameters kGaussianBlur({graded("sigma", "standard deviation in pixels", {0.1, 2}, {0, 100},
                                           {.neutral = 0, .strong = 4})});

void gaussian_blur(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const double sigma = v[kGaussianBlur["sigma"]];
  if (sigma <= 0) {
    from.copyTo(to);
    return;
  }
  on_colours(from, to, [&](const cv::Mat& colours, cv::Mat& result) {
    cv::GaussianBlur(colours, result, cv::Size(), sigma, sigma, cv::BORDER_REFLECT_101);
  });
}

constexpr Parameters kMotionBlur({graded("length", "length of the motion in pixels", {3, 7}, {1, 200},
                                         {.neutral = 1, .strong = 15}),
                                  {.name = "degrees",
                                   .meaning = "direction of the motion, counter-clockwise from the right",
                                   .usual = {0, 180},
                                   .allowed = {-360, 360}}});

/// A line through the middle of a kernel, its ends softened to the pixels beside it; sums to 1.
cv::Mat motion_kernel(double length, double degrees) {
  const int reach = std::max(1, static_cast<int>(std::ceil(length / 2)));
  cv::Mat kernel = cv::Mat::zeros(2 * reach + 1, 2 * reach + 1, CV_32F);
  const double x = std::cos(degrees * CV_PI / 180), y = -std::sin(degrees * CV_PI / 180);
  const int samples = std::max(1, static_cast<int>(std::ceil(8 * length)));
  for (int i = 0; i < samples; ++i) {
    const double along = ((i + 0.5) / samples - 0.5) * std::max(0., length - 1);
    const double row = reach + along * y, column = reach + along * x;
    const int top = std::min(2 * reach - 1, static_cast<int>(row)),
              left = std::min(2 * reach - 1, static_cast<int>(column));
    const double down = row - top, right = column - left;
    kernel.at<float>(top, left) += static_cast<float>((1 - down) * (1 - right));
    kernel.at<float>(top, left + 1) += static_cast<float>((1 - down) * right);
    kernel.at<float>(top + 1, left) += static_cast<float>(down * (1 - right));
    kernel.at<float>(top + 1, left + 1) += static_cast<float>(down * right);
  }
  return kernel / cv::sum(kernel)[0];
}

void motion_blur(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const cv::Mat kernel = motion_kernel(v[kMotionBlur["length"]], v[kMotionBlur["degrees"]]);
  on_colours(from, to, [&](const cv::Mat& colours, cv::Mat& result) {
    cv::filter2D(colours, result, -1, kernel, {-1, -1}, 0, cv::BORDER_REFLECT_101);
  });
}

constexpr Parameters kMedianBlur({graded("radius", "in pixels; 1: a window of 3 x 3", {1, 3}, {0, 50},
                                         {.neutral = 0, .strong = 4}, Scale::whole)});

void median_blur(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const int side = 2 * static_cast<int>(v[kMedianBlur["radius"]]) + 1;
  if (side == 1) {
    from.copyTo(to);
    return;
  }
  const auto blur = [&](const cv::Mat& colours, cv::Mat& result) { cv::medianBlur(colours, result, side); };
  // OpenCV's median of floats ends at 5 pixels.
  if (side <= 5)
    on_colours(from, to, blur);
  else
    on_8bit_colours(from, to, blur);
}

constexpr Parameters kSharpen({graded("factor", "0: blurred, 1: unchanged, 2: sharpened", {1, 3}, {0, 50},
                                      {.neutral = 1, .strong = 8})});

void sharpen(const cv::Mat& from, cv::Mat& to, const Values& v, Target) {
  const double factor = v[kSharpen["factor"]];
  static const cv::Mat smooth = (cv::Mat_<float>(3, 3) << 1, 1, 1, 1, 5, 1, 1, 1, 1) / 13;
  on_colours(from, to, [&](const cv::Mat& colours, cv::Mat& result) {
    // smoothed + factor (picture - smoothed), as one filter.
    cv::Mat kernel = smooth * (1 - factor);
    kernel.at<float>(1, 1) += static_cast<float>(factor);
    cv::filter2D(colours, result, -1, kernel, {-1, -1}, 0, cv::BORDER_REFLECT_101);
    clamp_unit(result);
  });
}

}  // namespace

std::vector<OperationKind> blur_kinds() {
  return {
      plain_kind(Group::blur, "gaussian-blur", "blurs with a Gaussian, as if out of focus",
                 "keeps it, unless fine texture distinguishes classes",
                 "torchvision GaussianBlur: sigma 0.1 to 2", kGaussianBlur, gaussian_blur),
      plain_kind(Group::blur, "motion-blur", "blurs along a line, as if the camera moved", "keeps it",
                 "Albumentations MotionBlur: 3 to 7 pixels", kMotionBlur, motion_blur),
      plain_kind(Group::blur, "median-blur", "replaces each value by the median around it",
                 "keeps it, unless fine lines distinguish classes",
                 "Albumentations MedianBlur: 3 to 7 pixels wide", kMedianBlur, median_blur),
      plain_kind(Group::blur, "sharpen", "moves values away from (above 1) or towards (below 1) a 3 x 3 blur",
                 "keeps it", "torchvision adjust_sharpness", kSharpen, sharpen),
  };
}

}  // namespace fathom::augment
