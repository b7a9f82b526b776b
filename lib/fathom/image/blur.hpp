/// Gaussian blur of images in [0, 1].
#pragma once

#include <torch/types.h>

namespace fathom::image {

/// float [1, C, H, W] or [C, H, W] to the same shape, each channel separately; `sigma` in pixels, above 0 and
/// at most 1000; borders are mirrored. Throws InvalidArgument for another sigma, shape, type or device.
torch::Tensor gaussian_blur(const torch::Tensor& image, double sigma);

}  // namespace fathom::image
