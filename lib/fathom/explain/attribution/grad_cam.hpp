/// Grad-CAM: the region of a convolutional stage that supports a class.
///
///   const GradCam cam = grad_cam(*model.network(), image, target, {.stage = "conv3"});
///   cam.attribution.map;   // float [H, W], resized to the image
///
/// Each channel of the stage is weighted by the mean gradient of the class logit over the channel's
/// positions. The map is the weighted sum, at the resolution of the stage.
///
/// Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
/// ICCV 2017.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::explain {

struct GradCamOptions {
  std::string stage;  ///< a convolutional one; empty: the last of them
  bool relu = true;   ///< keep only evidence for the class, as in the paper; false: signed
};

struct GradCam {
  Attribution attribution;  ///< its map is `cam` resized to the image (bilinear, pixel centres aligned)
  torch::Tensor cam;        ///< float [h, w]: at the stage's size
  std::string stage;        ///< the stage that was used
};

/// The convolutional stages, from input to output: their activations are [N, width, h, w]. Empty for
/// perceptrons and recurrent networks.
std::vector<std::string> convolutional_stages(models::ImageModel& network);

/// Throws InvalidArgument, listing the convolutional stages, unless `stage` is one of them, or is empty and
/// there is one. Returns the stage; the last one if `stage` is empty.
std::string require_convolutional_stage(models::ImageModel& network, const std::string& stage);

/// The network should be in evaluation mode. It is not changed, and no gradients are left on it. Image float
/// [1, C, H, W] in [0, 1], target an index of the logits. Throws InvalidArgument for another image or target
/// and as require_convolutional_stage. Cost: one forward pass and the backward pass down to the stage.
GradCam grad_cam(models::ImageModel& network, const torch::Tensor& image, std::int64_t target,
                 const GradCamOptions& options = {});

}  // namespace fathom::explain
