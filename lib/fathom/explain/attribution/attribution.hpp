/// What attribution methods give, whatever they are made of.
///
///   const Attribution a = saliency(score, image);
///   image::write_picture("map.png", image::diverging_colours(a.map, image::symmetric_limit(a.map)));
#pragma once

#include <torch/types.h>
#include <functional>
#include <optional>

namespace fathom::explain {

/// How far values that promise to sum to a difference of scores do so.
struct Completeness {
  double baseline_score = 0;    ///< of the picture that the image is compared with
  double score_difference = 0;  ///< score of the image minus the baseline's
  double sum = 0;               ///< of the values

  double gap() const;           ///< |sum - score_difference|
  double relative_gap() const;  ///< in shares of |score_difference|; 0 where both are 0
};

struct Attribution {
  torch::Tensor values;   ///< float [C, H, W]: of every number of the image
  torch::Tensor map;      ///< float [H, W]: of every pixel; the method says how it is made of the values
  float score = 0;        ///< of the image as it is
  bool is_signed = true;  ///< whether the map tells what speaks against the target from what speaks for it
  std::optional<Completeness> completeness = {};  ///< of methods that promise it: integrated gradients
};

/// A method bound to a network and a target: one image, float [1, C, H, W] in [0, 1], to its attribution.
/// What the measures of faithfulness take.
using AttributionFunction = std::function<Attribution(const torch::Tensor&)>;

/// Throws InvalidArgument, naming the method, unless `image` is one image: float [1, C, H, W].
void require_one_image(const torch::Tensor& image, const char* method);

/// An attribution that knows pixels only (occlusion, Grad-CAM): `map` float [H, W], its values spread evenly
/// over `channels`, so that they sum to the map.
Attribution attribution_of_map(const torch::Tensor& map, std::int64_t channels, float score,
                               bool is_signed = true);

}  // namespace fathom::explain
