/// Runs steps on cv::Mat. Internal to this folder.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "fathom/augment/operation.hpp"

namespace fathom::augment {

/// Maximum side in pixels: OpenCV stores coordinates in 16 bits.
constexpr std::int64_t kLargestSide = 16384;

/// Runs the steps in order on CV_8U or CV_32F with 1, 3 or 4 channels, RGB. `from` is not changed. If there
/// are no steps, the result is `from` itself.
cv::Mat run_steps(const std::vector<Step>& steps, const cv::Mat& from, Target target);

}  // namespace fathom::augment
