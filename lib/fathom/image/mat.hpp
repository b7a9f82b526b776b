/// Conversion between tensors and cv::Mat. Internal to this folder.
#pragma once

#include <torch/types.h>
#include <opencv2/core.hpp>

namespace fathom::image {

/// Throws InvalidArgument unless `picture` is uint8 [C, H, W] with 1 or 3 channels and at least a pixel.
void require_picture(const torch::Tensor& picture);

/// uint8 [C, H, W] to CV_8UC1 or CV_8UC3 of the same channel order (RGB stays RGB); a copy.
cv::Mat to_mat(const torch::Tensor& picture);
/// The inverse; a copy.
torch::Tensor to_tensor(const cv::Mat& mat);

}  // namespace fathom::image
