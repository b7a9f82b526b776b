/// What attribution methods give and share, whatever they are made of.
///
///   const Attribution a = saliency(score, image);
///   image::write_picture("map.png", image::diverging_colours(a.map, image::symmetric_limit(a.map)));
#pragma once

#include <torch/types.h>
#include <functional>
#include <optional>
#include <string>

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

/// Throws InvalidArgument unless `map` is a finite [H, W] of the image's size; `what` takes it.
void require_map_of(const torch::Tensor& map, const torch::Tensor& image, const std::string& what);

/// What stands in for "nothing there": `baseline` float [C] (a colour) or [C, H, W] as a picture of the
/// image's shape, float [C, H, W] on the CPU, contiguous; undefined: black. `image` is [1, C, H, W]. Throws
/// InvalidArgument where it does not fit.
torch::Tensor baseline_picture(const torch::Tensor& baseline, const torch::Tensor& image);

/// An attribution that knows pixels only (occlusion, Grad-CAM): `map` float [H, W], its values spread evenly
/// over `channels`, so that they sum to the map.
Attribution attribution_of_map(const torch::Tensor& map, std::int64_t channels, float score,
                               bool is_signed = true);

}  // namespace fathom::explain
