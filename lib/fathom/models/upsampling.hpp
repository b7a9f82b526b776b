/// Transposed convolutions by means of convolutions, which are several times faster on CPUs.
#pragma once

#include <torch/types.h>

namespace fathom::models {

/// What a transposed convolution of 4 x 4 filters with stride 2 and padding 1 makes of `x` [N, I, h, w], as
/// [N, O, 2h, 2w], channels-last: a convolution of 2 x 2 filters gives the four pixels of every 2 x 2 block
/// as channels, which are then laid out in the plane (Shi et al. 2016, "Is the deconvolution layer the same
/// as a convolutional layer?"). `weight` [4 O, I, 2, 2] holds output channel c of the block's pixel (y, x) at
/// (2 y + x) O + c. Where a gradient to `weight` is kept and O is a multiple of 16, on CPUs, it is computed
/// as the gradient of a convolution with stride 2, which spares the blocks at the border; of that there is no
/// gradient of the gradients, and asking for one throws InvalidArgument.
torch::Tensor upsampling_convolution(const torch::Tensor& x, const torch::Tensor& weight);

/// The filters that make it equal torch::conv_transpose2d with `transposed` [I, O, 4, 4].
torch::Tensor upsampling_filters(const torch::Tensor& transposed);

}  // namespace fathom::models
