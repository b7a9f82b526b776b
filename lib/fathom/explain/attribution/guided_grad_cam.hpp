/// Guided Grad-CAM: the detail of guided backpropagation in the region that Grad-CAM finds.
///
///   const Attribution a = guided_grad_cam(*model.network(), image, target);
///
/// Guided backpropagation shows edges and textures that hardly depend on the class (Adebayo 2018); the
/// Grad-CAM map makes the product depend on it.
///
/// Springenberg et al., "Striving for Simplicity", 2015; Selvaraju et al., "Grad-CAM", ICCV 2017.
#pragma once

#include <torch/types.h>
#include <cstdint>

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/attribution/grad_cam.hpp"

namespace fathom::models {
class ImageModel;
}

namespace fathom::explain {

/// The gradient of a logit, with every ReLU passing only positive gradients; float [C, H, W]. Works on a copy
/// of the network. Throws InvalidArgument for a network with other activations than ReLU, or another image or
/// target.
torch::Tensor guided_backpropagation(const models::ImageModel& network, const torch::Tensor& image,
                                     std::int64_t target);

/// Values: guided backpropagation times the Grad-CAM map (with its `options`; the paper uses the ReLU);
/// map: their sum over the channels; signed. Throws as grad_cam and guided_backpropagation. Cost: two forward
/// and two backward passes and a copy of the weights.
Attribution guided_grad_cam(models::ImageModel& network, const torch::Tensor& image, std::int64_t target,
                            const GradCamOptions& options = {});

}  // namespace fathom::explain
