/// Pictures to augment, single steps to augment them with, and OpenCV's matrices for comparison.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>
#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

#include "fathom/augment/pipeline.hpp"
#include "fathom/core/runtime.hpp"

namespace fathom::augment {

/// Noise: uint8, or float in [0, 1].
inline torch::Tensor noise_picture(std::int64_t channels, std::int64_t height, std::int64_t width,
                                   torch::ScalarType type = torch::kByte, std::uint64_t seed = 1) {
  const torch::Tensor bytes =
      torch::randint(0, 256, {channels, height, width}, make_generator(seed), torch::kByte);
  return type == torch::kByte ? bytes : bytes.to(torch::kFloat) / 255;
}

/// `f` on noise of every form: bytes and floats, grey, RGB and RGBA.
template <typename Function>
void on_each_form(std::int64_t height, std::int64_t width, const Function& f) {
  for (const torch::ScalarType type : {torch::kByte, torch::kFloat})
    for (const std::int64_t channels : {1, 3, 4}) {
      SCOPED_TRACE(std::string(type == torch::kByte ? "bytes" : "floats") + " with " +
                   std::to_string(channels) + " channels");
      f(noise_picture(channels, height, width, type));
    }
}

inline torch::Tensor colours_of(const torch::Tensor& picture) {
  return picture.narrow(0, 0, std::min<std::int64_t>(3, picture.size(0)));
}
inline double white_of(const torch::Tensor& picture) {
  return picture.scalar_type() == torch::kByte ? 255 : 1;
}

/// The step that changes nothing, places in the middle, but for the values given.
inline Step step_of(const std::string& name, const std::vector<std::pair<std::string, double>>& values = {}) {
  Step step = at_magnitude(operation_kind(name), 0);
  for (const auto& [parameter, value] : values) step.values[parameter_index(*step.kind, parameter)] = value;
  return step;
}

/// That step done to a picture, which it leaves as it is.
inline torch::Tensor done(const torch::Tensor& picture, const std::string& name,
                          const std::vector<std::pair<std::string, double>>& values = {}) {
  return replay({step_of(name, values)}, picture);
}

inline double value_of(const Step& step, std::string_view parameter) {
  return step.values[parameter_index(*step.kind, parameter)];
}

/// A copy of a picture as OpenCV has it, and the way back.
inline cv::Mat mat_of(const torch::Tensor& picture) {
  const torch::Tensor rows = picture.permute({1, 2, 0}).contiguous();
  const int depth = rows.scalar_type() == torch::kByte ? CV_8U : CV_32F;
  return cv::Mat(static_cast<int>(rows.size(0)), static_cast<int>(rows.size(1)),
                 CV_MAKETYPE(depth, static_cast<int>(rows.size(2))), rows.data_ptr())
      .clone();
}
inline torch::Tensor tensor_of(const cv::Mat& mat) {
  return torch::from_blob(mat.data, {mat.rows, mat.cols, mat.channels()},
                          mat.depth() == CV_8U ? torch::kByte : torch::kFloat)
      .permute({2, 0, 1})
      .clone();
}

inline double largest_gap(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(torch::kDouble) - b.to(torch::kDouble)).abs().max().item<double>();
}

}  // namespace fathom::augment
