#include "fathom/image/blur.hpp"

#include <opencv2/imgproc.hpp>

#include "fathom/core/error.hpp"

namespace fathom::image {

torch::Tensor gaussian_blur(const torch::Tensor& image, double sigma) {
  if (!(sigma > 0)) throw InvalidArgument("the blur's sigma must be above 0");
  torch::Tensor result = image.contiguous().clone();
  const auto height = static_cast<int>(result.size(-2)), width = static_cast<int>(result.size(-1));
  const torch::Tensor planes = result.view({-1, height, width});
  for (std::int64_t i = 0; i < planes.size(0); ++i) {
    cv::Mat plane(height, width, CV_32F, planes[i].data_ptr<float>());
    cv::GaussianBlur(plane.clone(), plane, cv::Size(), sigma, sigma, cv::BORDER_REFLECT_101);
  }
  return result;
}

}  // namespace fathom::image
