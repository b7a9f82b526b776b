/// A pipeline on a whole batch, as training does it.
#pragma once

#include <torch/types.h>
#include <cstdint>

#include "fathom/augment/pipeline.hpp"

namespace fathom::augment {

/// Picture n by augment(pipeline, images[n], {seed, epoch, indices[n]}), whatever the batch and the number of
/// threads: uint8 [N, C, H, W] with 1, 3 or 4 channels and at most 16,384 pixels a side to the same of the
/// size that the pipeline gives; indices int64 [N]. Flips, affine maps, crops, cutout and erasing do not go
/// through OpenCV, which is five to thirty times faster on small pictures; interpolated values may differ
/// from it by one level of 255. Throws InvalidArgument for other images, and where the pictures come out in
/// different sizes. Mixings are left to the caller.
torch::Tensor augment_batch(const Pipeline& pipeline, const torch::Tensor& images, std::uint64_t seed,
                            std::int64_t epoch, const torch::Tensor& indices);

}  // namespace fathom::augment
