/// What stands in for "nothing there": a colour or a picture.
#pragma once

#include <torch/types.h>

namespace fathom::explain {

/// `baseline` float [C] or [C, H, W] as a picture of the image's shape, float [C, H, W] on the CPU,
/// contiguous; undefined: black. `image` is [1, C, H, W]. Throws InvalidArgument where it does not fit.
torch::Tensor baseline_picture(const torch::Tensor& baseline, const torch::Tensor& image);

}  // namespace fathom::explain
