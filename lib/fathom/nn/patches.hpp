/// im2col and col2im for 4 x 4 filters with stride 2 and padding 1: a convolution or transposed convolution
/// becomes a 1 x 1 convolution.
#pragma once

#include <torch/types.h>

namespace fathom::nn {

/// Maps float [N, C, 2h, 2w], with N from 0 -> their patches [N, 16 C, h, w], channels-last (im2col): channel
/// (4 y + x) C + c holds the input of map c at filter position (y, x), and 0 beyond the border. Gradients of
/// any order exist. Throws InvalidArgument for another shape.
torch::Tensor unfold_patches(const torch::Tensor& maps);

/// The inverse direction, [N, 16 C, h, w] -> [N, C, 2h, 2w], channels-last (col2im): overlapping patches are
/// added, and values beyond the border are dropped. Gradients of any order exist. Throws InvalidArgument for
/// another shape.
torch::Tensor fold_patches(const torch::Tensor& patches);

/// Converts filters [O, C, 4, 4] to filters for patches, [O, 16 C, 1, 1].
torch::Tensor filters_over_patches(const torch::Tensor& filters);

}  // namespace fathom::nn
