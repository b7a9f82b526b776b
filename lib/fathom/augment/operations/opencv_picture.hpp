/// Pictures as cv::Mat: CV_8U or CV_32F, with opacity as a fourth channel. Internal to this folder.
#pragma once

#include <algorithm>
#include <opencv2/core.hpp>

#include "fathom/augment/operation.hpp"

namespace fathom::augment {

/// OpenCV's border type for a value of border_parameter.
int border_type(double choice);
/// The value of white: 255 or 1.
double white(const cv::Mat& image);
/// The fill for the area outside: grey of that value in [0, 1], transparent; label 0 for a mask.
cv::Scalar outside(double fill, const cv::Mat& image, Target target);
/// OpenCV's method for warps and remap: linear, or nearest neighbour for a mask. Not for resizing: see
/// resize_to.
int interpolation(Target target);
/// Resizes each axis for itself: averages areas along one that shrinks, interpolates linearly along one that
/// grows. A mask takes the label below the middle of each new pixel; between two, the right or the lower one.
void resize_to(const cv::Mat& from, cv::Mat& to, cv::Size size, Target target);

/// Clamps to [0, 1] if the image is float.
void clamp_unit(cv::Mat& image);

/// Applies `f` to the colours only; opacity is copied.
template <typename Function>
void on_colours(const cv::Mat& from, cv::Mat& to, const Function& f) {
  if (from.channels() != 4) {
    f(from, to);
    return;
  }
  cv::Mat colours(from.size(), CV_MAKETYPE(from.depth(), 3)), opacity(from.size(), from.depth());
  cv::Mat parts[] = {colours, opacity};
  const int split[] = {0, 0, 1, 1, 2, 2, 3, 3};
  cv::mixChannels(&from, 1, parts, 2, split, 4);
  f(colours, colours);
  parts[0] = colours;
  to.create(from.size(), from.type());
  cv::mixChannels(parts, 2, &to, 1, split, 4);
}

/// Applies `f`, an 8-bit colour operation, to an 8-bit or float image.
template <typename Function>
void on_8bit_colours(const cv::Mat& from, cv::Mat& to, const Function& f) {
  on_colours(from, to, [&](const cv::Mat& colours, cv::Mat& result) {
    if (colours.depth() == CV_8U) {
      f(colours, result);
      return;
    }
    cv::Mat bytes;
    colours.convertTo(bytes, CV_8U, 255);
    f(bytes, bytes);
    bytes.convertTo(result, CV_32F, 1 / 255.);
  });
}

/// Applies the curve `f` from [0, 1] to [0, 1] to every colour value; rounds for 8-bit images.
template <typename Function>
void on_values(const cv::Mat& from, cv::Mat& to, const Function& f) {
  on_colours(from, to, [&](const cv::Mat& colours, cv::Mat& result) {
    if (colours.depth() == CV_8U) {
      cv::Mat table(1, 256, CV_8U);
      for (int i = 0; i < 256; ++i) table.at<uchar>(i) = cv::saturate_cast<uchar>(255 * f(i / 255.));
      cv::LUT(colours, table, result);
      return;
    }
    result.create(colours.size(), colours.type());
    const int numbers = colours.cols * colours.channels();
    for (int y = 0; y < colours.rows; ++y) {
      const float* in = colours.ptr<float>(y);
      float* out = result.ptr<float>(y);
      for (int i = 0; i < numbers; ++i)
        out[i] = static_cast<float>(f(std::min(1., std::max(0., static_cast<double>(in[i])))));
    }
  });
}

}  // namespace fathom::augment
