/// SmoothGrad: the gradient averaged over noisy copies of the image, which removes the noise of the gradient
/// at a single point.
///
///   const Attribution a = smoothgrad(score, image, {.samples = 50, .noise = 0.15}, make_generator(seed));
///
/// Smilkov, Thorat, Kim, Viegas & Wattenberg, "SmoothGrad: removing noise by adding noise", 2017.
#pragma once

#include <cstdint>
#include <optional>

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

struct SmoothGradOptions {
  std::int64_t samples = 50;  ///< noisy copies; at least 1
  double noise = 0.15;  ///< standard deviation of the noise, as a share of the image's range, max - min; at
                        ///< least 0. The paper recommends 0.1 to 0.2
  std::optional<std::int64_t> batch;  ///< copies at once (default: 32, fewer of large images); affects speed
                                      ///< and memory, not the result
};

/// Values: |mean gradient| (the mean is taken first); map: their largest over the channels; not signed. The
/// noise is normal; values outside [0, 1] are not clipped, as in the paper. The same generator state gives
/// the same map. Image float [1, C, H, W] in [0, 1]. Throws as `saliency`, and InvalidArgument if an option
/// is out of range. Cost: `samples` forward and backward passes.
Attribution smoothgrad(const ScoreFunction& score, const torch::Tensor& image,
                       const SmoothGradOptions& options, torch::Generator generator);

}  // namespace fathom::explain
