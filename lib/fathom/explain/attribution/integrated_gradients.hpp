/// Integrated gradients: distributes the score difference between image and baseline over the input values.
///
///   const Attribution a = integrated_gradients(score, image, {.baseline = colour});
///   a.completeness->relative_gap();   // how far the sum of the values is from the score difference
///
///   values = (x - b) * integral over t in [0, 1] of  gradient of score at  b + t (x - b)
///
/// Sundararajan, Taly & Yan, "Axiomatic Attribution for Deep Networks", ICML 2017.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <optional>

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

struct IntegratedGradientsOptions {
  std::int64_t points = 300;  ///< Gauss-Legendre points along the path, 1 to 10000; with the default, the
                              ///< mean gap of the shipped networks is below 0.5 % (docs/attribution.md)
  torch::Tensor baseline;     ///< float [C] (a colour) or [C, H, W] (a picture of the same size), in [0, 1];
                              ///< undefined: black
  std::optional<std::int64_t> batch;  ///< points at once (default: 32, fewer of large images); affects speed
                                      ///< and memory, not the result
};

/// Map: the values' sum over the channels; signed. `completeness` is set: the values should sum to
/// score(image) - score(baseline), and the gap is the error of the integral. The gradient of a ReLU network
/// jumps along the path, so the error falls only as 1 / points. The integral is summed in double. Image float
/// [1, C, H, W] in [0, 1]. Throws as `saliency`, and InvalidArgument if the baseline does not fit the image
/// or an option is out of range. Cost: `points` forward and backward passes and two forward ones.
Attribution integrated_gradients(const ScoreFunction& score, const torch::Tensor& image,
                                 const IntegratedGradientsOptions& options = {});

}  // namespace fathom::explain
