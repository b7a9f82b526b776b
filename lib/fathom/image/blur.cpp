#include "fathom/image/blur.hpp"

#include <fmt/format.h>

#include <opencv2/imgproc.hpp>

#include "fathom/core/error.hpp"

namespace fathom::image {
namespace {

constexpr double kLargestSigma = 1000;  // the kernel is eight times as wide

void require_blurrable(const torch::Tensor& image, double sigma) {
  if (!(sigma > 0 && sigma <= kLargestSigma)) {
    throw InvalidArgument(
        fmt::format("the blur's sigma must be above 0 and at most {} pixels, not {}", kLargestSigma, sigma));
  }
  const bool is_image = image.defined() && image.device().is_cpu() &&
                        image.scalar_type() == torch::kFloat32 && image.numel() > 0 &&
                        (image.dim() == 3 || (image.dim() == 4 && image.size(0) == 1));
  if (!is_image)
    throw InvalidArgument("an image to be blurred must be float [1, C, H, W] or [C, H, W] on the CPU");
}

}  // namespace

torch::Tensor gaussian_blur(const torch::Tensor& image, double sigma) {
  require_blurrable(image, sigma);
  const torch::Tensor source = image.detach().contiguous();
  const torch::Tensor result = torch::empty_like(source);
  const auto height = static_cast<int>(source.size(-2)), width = static_cast<int>(source.size(-1));
  const torch::Tensor from = source.view({-1, height, width}), to = result.view({-1, height, width});
  for (std::int64_t i = 0; i < from.size(0); ++i) {
    const cv::Mat plane(height, width, CV_32F, from[i].data_ptr<float>());
    cv::Mat blurred(height, width, CV_32F, to[i].data_ptr<float>());
    cv::GaussianBlur(plane, blurred, cv::Size(), sigma, sigma, cv::BORDER_REFLECT_101);
  }
  return result;
}

}  // namespace fathom::image
