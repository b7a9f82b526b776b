#include "fathom/image/mat.hpp"

#include "fathom/core/error.hpp"

namespace fathom::image {

void require_picture(const torch::Tensor& picture) {
  const bool is_one = picture.defined() && picture.scalar_type() == torch::kUInt8 && picture.dim() == 3 &&
                      (picture.size(0) == 1 || picture.size(0) == 3) && picture.numel() > 0;
  if (!is_one)
    throw InvalidArgument("a picture must be uint8 [C, H, W] with 1 or 3 channels and at least one pixel");
}

cv::Mat to_mat(const torch::Tensor& picture) {
  require_picture(picture);
  const auto channels = static_cast<int>(picture.size(0));
  cv::Mat mat(static_cast<int>(picture.size(1)), static_cast<int>(picture.size(2)), CV_8UC(channels));
  torch::from_blob(mat.data, {picture.size(1), picture.size(2), channels}, torch::kUInt8)
      .copy_(picture.permute({1, 2, 0}));
  return mat;
}

torch::Tensor to_tensor(const cv::Mat& mat) {
  const cv::Mat whole = mat.isContinuous() ? mat : mat.clone();
  const torch::Tensor pixels =
      torch::from_blob(whole.data, {whole.rows, whole.cols, whole.channels()}, torch::kUInt8);
  // clone, because for one channel the permuted tensor is contiguous already and would still point into
  // `mat`.
  return pixels.permute({2, 0, 1}).clone(torch::MemoryFormat::Contiguous);
}

}  // namespace fathom::image
