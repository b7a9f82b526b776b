/// Gaussian blur of images in [0, 1].
#pragma once

#include <torch/types.h>

namespace fathom::image {

/// float [1, C, H, W] or [C, H, W] to the same shape; `sigma` in pixels, above 0; borders are mirrored.
torch::Tensor gaussian_blur(const torch::Tensor& image, double sigma);

}  // namespace fathom::image
