/// Steps run on OpenCV's pictures. Internal to this folder.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "fathom/augment/operation.hpp"

namespace fathom::augment {

/// Pixels a side: OpenCV keeps places in 16 bits.
constexpr std::int64_t kLargestSide = 16384;

/// The steps one after the other on CV_8U or CV_32F with 1, 3 or 4 channels, RGB; `from` is left as it is.
/// The result is `from` itself where there is nothing to do.
cv::Mat run_steps(const std::vector<Step>& steps, const cv::Mat& from, Target target);

}  // namespace fathom::augment
