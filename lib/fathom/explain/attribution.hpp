/// What attribution methods give, whatever they are made of.
///
///   const Attribution a = saliency(score, image);
///   image::write_picture("map.png", image::diverging_colours(a.map, image::symmetric_limit(a.map)));
#pragma once

#include <torch/types.h>
#include <functional>

namespace fathom::explain {

struct Attribution {
  torch::Tensor values;   ///< float [C, H, W]: of every number of the image
  torch::Tensor map;      ///< float [H, W]: of every pixel; the method says how it is made of the values
  float score = 0;        ///< of the image as it is
  bool is_signed = true;  ///< whether the map tells what speaks against the target from what speaks for it
};

/// A method bound to a network and a target: one image, float [1, C, H, W] in [0, 1], to its attribution.
/// What the measures of faithfulness take.
using AttributionFunction = std::function<Attribution(const torch::Tensor&)>;

/// An attribution that knows pixels only (occlusion, Grad-CAM): `map` float [H, W], its values spread evenly
/// over `channels`, so that they sum to the map.
Attribution attribution_of_map(const torch::Tensor& map, std::int64_t channels, float score,
                               bool is_signed = true);

}  // namespace fathom::explain
