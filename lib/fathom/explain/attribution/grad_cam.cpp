#include "fathom/explain/attribution/grad_cam.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include "fathom/core/error.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {
namespace {

/// A stage's activations with the gradient of one logit: float [width, h, w] each.
struct StageGradient {
  torch::Tensor activation, gradient;
  float score = 0;
};

StageGradient stage_gradient(models::ImageModel& network, const torch::Tensor& image, std::int64_t target,
                             const std::string& stage) {
  const torch::AutoGradMode with_gradients(true);
  // The image asks for gradients, so that the stage has one also where the weights are frozen.
  const torch::Tensor x = image.detach().to(network.mean().device()).clone().set_requires_grad(true);
  const std::vector<torch::Tensor> stages = network.activations(x, network.stages().size());
  const torch::Tensor logits = stages.back(), activation = stages[network.stage_index(stage)];
  if (target < 0 || target >= logits.size(1))
    throw InvalidArgument(
        fmt::format("no class {}: the network's classes are 0 to {}", target, logits.size(1) - 1));
  const torch::Tensor score = logits[0][target];
  const torch::Tensor gradient = torch::autograd::grad({score}, {activation})[0];
  return {activation.detach()[0].cpu(), gradient[0].cpu(), score.item<float>()};
}

}  // namespace

std::vector<std::string> convolutional_stages(models::ImageModel& network) {
  const torch::NoGradGuard no_grad;
  const models::InputShape input = models::input_of(network.architecture());
  const std::vector<std::string> names = network.stages();
  const std::vector<torch::Tensor> activations = network.activations(
      torch::zeros({1, input.channels, input.height, input.width}, network.mean().device()), names.size());
  std::vector<std::string> convolutional;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (activations[i].dim() == 4) convolutional.push_back(names[i]);
  return convolutional;
}

std::string require_convolutional_stage(models::ImageModel& network, const std::string& stage) {
  const std::vector<std::string> places = convolutional_stages(network);
  if (places.empty())
    throw InvalidArgument(fmt::format("Grad-CAM needs a convolutional stage, but this network ({}) has none",
                                      models::kind(network.architecture())));
  if (stage.empty()) return places.back();
  if (std::find(places.begin(), places.end(), stage) == places.end())
    throw InvalidArgument("no convolutional stage '" + stage + "'" + suggestion(stage, places));
  return stage;
}

GradCam grad_cam(models::ImageModel& network, const torch::Tensor& image, std::int64_t target,
                 const GradCamOptions& options) {
  require_one_image(image, "Grad-CAM");
  const std::string stage = require_convolutional_stage(network, options.stage);
  const StageGradient at = stage_gradient(network, image, target, stage);
  const torch::Tensor weights = at.gradient.mean({1, 2}, /*keepdim=*/true);  // [width, 1, 1]
  torch::Tensor cam = (weights * at.activation).sum(0);
  if (options.relu) cam = torch::relu(cam);
  const std::vector<std::int64_t> size = {image.size(2), image.size(3)};
  const torch::Tensor map =
      torch::upsample_bilinear2d(cam.unsqueeze(0).unsqueeze(0).contiguous(), size, /*align_corners=*/false);
  return {.attribution = attribution_of_map(map[0][0].contiguous(), image.size(1), at.score,
                                            /*is_signed=*/!options.relu),
          .cam = cam,
          .stage = stage};
}

}  // namespace fathom::explain
