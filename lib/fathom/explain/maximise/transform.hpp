/// Random transformations of an image, so that the result does not depend on single pixels.
///
///   const Placements places = random_placements({.jitter = 0.05, .rotate = 5}, images.size(0), generator);
///   response = network(placed(images, places, mean_colour));
///
/// All sizes are shares of the image's sides, because a shift that is small for a photograph destroys a
/// picture of 28 pixels. Olah, Mordvintsev & Schubert, "Feature Visualization", Distill 2017.
#pragma once

#include <torch/types.h>
#include <cstdint>

namespace fathom::explain {

struct TransformOptions {
  double jitter = 0;  ///< shift along each axis, uniform in +- this share of the side; in [0, 1]
  double rotate = 0;  ///< degrees, uniform in +- this; in [0, 180]
  double scale = 0;   ///< factor of size, log-uniform in 1 / (1 + scale) to 1 + scale; in [0, 1]
  double pad = 0;     ///< border put around the image on each side, as a share of its side; in [0, 1]

  /// Whether the transformation can change an image.
  bool any() const { return jitter > 0 || rotate > 0 || scale > 0 || pad > 0; }
};

/// The transformation of each of N images, float [N] each.
struct Placements {
  torch::Tensor down, right;  ///< shift, in shares of the height and the width
  torch::Tensor angle;        ///< degrees, counter-clockwise
  torch::Tensor size;         ///< factor; below 1: smaller
};

/// Throws InvalidArgument if an option is out of range.
Placements random_placements(const TransformOptions& options, std::int64_t count, torch::Generator generator);

/// float [N, C, H, W] to the same shape, by bilinear interpolation in one pass, differentiable: scaled and
/// rotated about the centre, then shifted. The area outside the image is `fill`, float [C].
torch::Tensor placed(const torch::Tensor& images, const Placements& placements, const torch::Tensor& fill);

}  // namespace fathom::explain
