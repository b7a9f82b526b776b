/// Transposed convolutions computed by convolutions, which are several times faster on CPUs.
#pragma once

#include <torch/types.h>

namespace fathom::nn {

/// torch::conv_transpose2d(x, weight, bias = {}, stride = 2, padding = 1) of x [N, I, h, w] with 4 x 4
/// filters, `weight` [I, O, 4, 4], as [N, O, 2h, 2w], channels-last. Gradients of any order exist.
/// Throws InvalidArgument for other shapes.
torch::Tensor upsampling_convolution(const torch::Tensor& x, const torch::Tensor& weight);

}  // namespace fathom::nn
