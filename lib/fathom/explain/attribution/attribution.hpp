/// The result type of all attribution methods, and helpers that they share.
///
///   const Attribution a = saliency(score, image);
///   image::write_picture("map.png", image::diverging_colours(a.map, image::symmetric_limit(a.map)));
#pragma once

#include <torch/types.h>
#include <functional>
#include <optional>
#include <string>

namespace fathom::explain {

/// How well the values sum to a score difference (completeness).
struct Completeness {
  double baseline_score = 0;    ///< score of the baseline
  double score_difference = 0;  ///< score of the image minus the baseline's
  double sum = 0;               ///< of the values

  double gap() const;           ///< |sum - score_difference|
  double relative_gap() const;  ///< as a share of |score_difference|; 0 if both are 0
};

struct Attribution {
  torch::Tensor values;  ///< float [C, H, W]: one per value of the image
  torch::Tensor
      map;  ///< float [H, W]: one value per pixel; the method defines how it is computed from `values`
  float score = 0;        ///< score of the unmodified image
  bool is_signed = true;  ///< whether the sign distinguishes evidence against the target from evidence for it
  std::optional<Completeness> completeness =
      {};  ///< only for methods with this property: integrated gradients
};

/// A method bound to a network and a target: maps one image, float [1, C, H, W] in [0, 1], to its
/// attribution. The faithfulness measures take it.
using AttributionFunction = std::function<Attribution(const torch::Tensor&)>;

/// Throws InvalidArgument, naming the method, unless `image` is one image: float [1, C, H, W].
void require_one_image(const torch::Tensor& image, const char* method);

/// Throws InvalidArgument, naming `what`, unless `map` is [H, W] of the image's size with finite values.
void require_map_of(const torch::Tensor& map, const torch::Tensor& image, const std::string& what);

/// The baseline, which replaces missing content: `baseline` float [C] (a colour) or [C, H, W] as a picture of
/// the image's shape, float [C, H, W] on the CPU, contiguous; undefined: black. `image` is [1, C, H, W].
/// Throws InvalidArgument if it does not fit.
torch::Tensor baseline_picture(const torch::Tensor& baseline, const torch::Tensor& image);

/// An attribution from a map without channels (occlusion, Grad-CAM): `map` float [H, W]; the values are
/// spread evenly over `channels` and sum to the map.
Attribution attribution_of_map(const torch::Tensor& map, std::int64_t channels, float score,
                               bool is_signed = true);

}  // namespace fathom::explain
