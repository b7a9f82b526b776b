/// The figures that more than one program draws.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "fathom/explain/occlusion.hpp"
#include "fathom/image/picture.hpp"
#include "fathom/models/classifier.hpp"

namespace fathom::cli {

/// What an occlusion sweep was run on and with; the figures and reports are made from it.
struct OcclusionScene {
  torch::Tensor picture;   ///< uint8 [C, H, W], as it was opened
  std::string caption;     ///< what the picture is: a file's name or the true class
  image::FitOptions fit;   ///< how it was brought to the model's input
  torch::Tensor input;     ///< float [1, C, h, w] in [0, 1]: what the model saw
  torch::Tensor baseline;  ///< float [C] or [C, h, w]
  std::int64_t predicted = 0, target = 0;
  std::vector<float> probabilities;  ///< of every class, for the image as it is
  std::string score_name;            ///< "logit" or "probability"
};

/// A picture's probabilities by the model, float [classes].
std::vector<float> probabilities(const models::Classifier& model, const torch::Tensor& input);

/// A patch with what covering it does to the target.
struct CoveredPart {
  Patch patch;
  double drop = 0;         ///< loss of score
  double probability = 0;  ///< of the target, with the patch covered
};
CoveredPart most_important(const models::Classifier& model, const OcclusionScene& scene,
                           const explain::OcclusionMap& map);
CoveredPart least_important(const models::Classifier& model, const OcclusionScene& scene,
                            const explain::OcclusionMap& map);

/// Four panels: the picture; the heat map over it with its colour bar; the picture with the most and with the
/// least important window covered, each with the target's probability.
torch::Tensor occlusion_figure(const models::Classifier& model, const OcclusionScene& scene,
                               const explain::OcclusionMap& map, const CoveredPart& most,
                               const CoveredPart& least);

/// The picture, then one heat map per class at one common scale.
torch::Tensor all_targets_figure(const models::Classifier& model, const OcclusionScene& scene,
                                 const std::vector<explain::OcclusionMap>& maps);

}  // namespace fathom::cli
