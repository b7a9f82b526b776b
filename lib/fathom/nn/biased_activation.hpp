/// A bias per channel followed by leaky ReLU, in one pass over memory forward and one backward.
#pragma once

#include <torch/types.h>

namespace fathom::nn {

/// torch::leaky_relu(x + bias, slope) of maps x float [N, C, h, w], `bias` [C], a `slope` in [0, 1); 0 makes
/// it a ReLU. Gradients of any order exist. `x` may be overwritten, unless it is a view, shares its memory
/// with another tensor (as detached tensors and views in inference mode do) or is a leaf that requires a
/// gradient. Do not use it afterwards; if another gradient needs it, the backward pass throws.
/// Throws InvalidArgument if the shapes do not match or the slope is out of range.
torch::Tensor biased_activation(const torch::Tensor& x, const torch::Tensor& bias, double slope);

}  // namespace fathom::nn
