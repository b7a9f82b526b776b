#include "fathom/explain/attribution/guided_grad_cam.hpp"

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/gradient.hpp"
#include "fathom/models/image_model.hpp"

namespace fathom::explain {
namespace {

void require_relus(const models::ImageModel& network) {
  if (!network.is_built_of_relus())
    throw InvalidArgument(fmt::format(
        "guided backpropagation needs a network with ReLUs, but this {} uses other activations; use grad-cam",
        models::kind(network.architecture())));
}

}  // namespace

torch::Tensor guided_backpropagation(const models::ImageModel& network, const torch::Tensor& image,
                                     std::int64_t target) {
  require_one_image(image, "guided backpropagation");
  require_relus(network);
  const std::int64_t classes = models::classes_of(network.architecture());
  if (target < 0 || target >= classes)
    throw InvalidArgument(fmt::format("no class {}: the network's classes are 0 to {}", target, classes - 1));
  const std::shared_ptr<models::ImageModel> guided = models::copy_of(network);
  guided->to(network.mean().device());
  guided->set_relu_gradient(models::ReluGradient::guided);
  const auto score = [&](const torch::Tensor& x) { return guided->forward(x).select(1, target); };
  return score_gradient(score, image.to(network.mean().device())).gradient[0];
}

Attribution guided_grad_cam(models::ImageModel& network, const torch::Tensor& image, std::int64_t target,
                            const GradCamOptions& options) {
  const GradCam cam = grad_cam(network, image, target, options);
  const torch::Tensor values = guided_backpropagation(network, image, target) * cam.attribution.map;
  return {.values = values, .map = values.sum(0), .score = cam.attribution.score};
}

}  // namespace fathom::explain
