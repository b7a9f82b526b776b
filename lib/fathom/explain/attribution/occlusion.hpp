/// Occlusion sensitivity: how much does covering a part of the image lower a score?
///
///   const auto score = [&](const torch::Tensor& x) { return model.logits(x).select(1, target); };
///   const OcclusionMap map = occlusion(score, image, {.window = {4, 4}, .stride = {1, 1}});
///
/// Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>
#include <vector>

#include "fathom/core/geometry.hpp"
#include "fathom/core/progress.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

struct OcclusionOptions {
  Extent window = {4, 4};  ///< size of the patch in pixels; at most the image's
  Extent stride = {1, 1};  ///< step between patches; at most the window, so that every pixel is covered
  torch::Tensor baseline;  ///< what the patch is covered with: float [C] (a colour) or [C, H, W] (a picture
                           ///< of the same size), in [0, 1]; undefined: black
  std::optional<std::int64_t> batch;  ///< patches scored at once (default: 128, fewer of large images);
                                      ///< affects speed and memory, not the result
};

/// The default sweep of programs: a window of a quarter and a stride of an eighth of each side, at least one
/// pixel.
OcclusionOptions usual_sweep(Extent image);

/// The result of a sweep for one class.
struct OcclusionMap {
  torch::Tensor drop;  ///< float [H, W]: mean drop of the score over the patches that cover the pixel;
                       ///< positive: the pixel supports the score; infinite or NaN only where a patch
                       ///< with such a drop covers the pixel
  float score = 0;     ///< score of the unmodified image
  Patch most_important,
      least_important;  ///< the patches with the largest and the smallest drop; the first in case of ties,
                        ///< and a patch whose drop is NaN only if all are
  float largest_drop = 0, smallest_drop = 0;
  std::int64_t patches = 0;
};

/// The patches of a sweep in row order. They start at 0 and step by the stride, ceil((side - window) /
/// stride) + 1 of them along each axis; the last one is cropped at the edge. Throws InvalidArgument as
/// `occlusion` does.
std::vector<Patch> occlusion_patches(Extent image, Extent window, Extent stride);

/// `image` with `patch` (all channels) replaced by the baseline; float [1, C, H, W].
torch::Tensor covered(const torch::Tensor& image, Patch patch, const torch::Tensor& baseline);

/// Throws InvalidArgument if the window exceeds the image, the stride exceeds the window, either is below 1,
/// the image is not float [1, C, H, W], the baseline does not fit it, the batch is below 1, or the function
/// does not return one score per image. Cost: patches + 1 evaluations of `score`, each patch exactly once.
/// Progress counts patches.
OcclusionMap occlusion(const ScoreFunction& score, const torch::Tensor& image,
                       const OcclusionOptions& options = {}, const ProgressCallback& progress = {});

/// One sweep for several scores: one map per column of `scores`.
std::vector<OcclusionMap> occlusion_all(const ScoresFunction& scores, const torch::Tensor& image,
                                        const OcclusionOptions& options = {},
                                        const ProgressCallback& progress = {});

}  // namespace fathom::explain
