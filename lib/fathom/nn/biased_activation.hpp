/// A bias per channel and the leaky ReLU behind it, in one pass over memory each way.
#pragma once

#include <torch/types.h>

namespace fathom::nn {

/// torch::leaky_relu(x + bias, slope) of maps x float [N, C, h, w], `bias` [C], a `slope` in [0, 1); 0 makes
/// it a ReLU. Gradients of any order exist. `x` may be overwritten, unless it is a view or a leaf that wants
/// a gradient, and is not to be used afterwards: where another gradient needs it, computing that throws.
/// Throws InvalidArgument where the shapes do not go together or the slope is out of its range.
torch::Tensor biased_activation(const torch::Tensor& x, const torch::Tensor& bias, double slope);

}  // namespace fathom::nn
