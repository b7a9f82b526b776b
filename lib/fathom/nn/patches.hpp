/// What 4 x 4 filters with stride 2 and padding 1 lie on, place by place, so that a convolution with them, or
/// a transposed one, becomes one with filters of 1 x 1.
#pragma once

#include <torch/types.h>

namespace fathom::nn {

/// Maps float [N, C, 2h, 2w] -> their patches [N, 16 C, h, w], channels-last (im2col): channel (4 y + x) C +
/// c holds what the filters' place (y, x) lies on in map c, and 0 beyond the border. Gradients of any order
/// exist. Throws InvalidArgument for another shape.
torch::Tensor unfold_patches(const torch::Tensor& maps);

/// The opposite way, [N, 16 C, h, w] -> [N, C, 2h, 2w], channels-last: patches are added where they overlap
/// (col2im), and what lies beyond the border is dropped. Gradients of any order exist. Throws InvalidArgument
/// for another shape.
torch::Tensor fold_patches(const torch::Tensor& patches);

/// Filters [O, C, 4, 4] as those of a convolution over patches, [O, 16 C, 1, 1].
torch::Tensor filters_over_patches(const torch::Tensor& filters);

}  // namespace fathom::nn
