/// Runs a pipeline on a whole batch, for training.
#pragma once

#include <torch/types.h>
#include <cstdint>

#include "fathom/augment/pipeline.hpp"

namespace fathom::augment {

/// Picture n of the result is augment(pipeline, images[n], {seed, epoch, indices[n]}), for any batch size and
/// number of threads. Images: uint8 [N, C, H, W] with 1, 3 or 4 channels and sides of at most 16,384 pixels;
/// the pipeline determines the size of the result. Indices: int64 [N]. Flips, affine maps, crops, cutout and
/// erasing do not use OpenCV on small pictures; this is five to thirty times faster. Interpolated values may
/// differ from OpenCV's by one level of 255. Throws InvalidArgument for other images, and if the results have
/// different sizes. The caller applies the mixings.
torch::Tensor augment_batch(const Pipeline& pipeline, const torch::Tensor& images, std::uint64_t seed,
                            std::int64_t epoch, const torch::Tensor& indices);

}  // namespace fathom::augment
