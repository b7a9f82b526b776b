#include "fathom/explain/faithfulness/sensitivity.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

void require_options(const SensitivityOptions& o) {
  if (!(o.radius > 0 && o.radius <= 1))
    throw InvalidArgument(
        fmt::format("the radius of sensitivity must be above 0 and at most 1, not {}", o.radius));
  if (o.perturbations < 1)
    throw InvalidArgument(fmt::format("there must be at least 1 perturbation, not {}", o.perturbations));
}

/// Clamping to [0, 1] moves a number towards the image's, so the picture stays in the ball.
torch::Tensor perturbed(const torch::Tensor& image, double radius, torch::Generator generator) {
  const torch::Tensor noise = torch::empty_like(image).uniform_(-radius, radius, std::move(generator));
  return (image + noise).clamp(0, 1);
}

torch::Tensor map_of(const Attribution& attribution, const torch::Tensor& image) {
  require_map_of(attribution.map, image, "sensitivity");
  return attribution.map.to(torch::kCPU, torch::kFloat64);
}

}  // namespace

double sensitivity(const AttributionFunction& method, const torch::Tensor& image,
                   const Attribution& attribution, const SensitivityOptions& options,
                   torch::Generator generator) {
  require_one_image(image, "sensitivity");
  require_options(options);
  const torch::Tensor picture = image.detach().cpu(), map = map_of(attribution, image);
  double furthest = 0;
  for (std::int64_t i = 0; i < options.perturbations; ++i) {
    const torch::Tensor moved = map_of(method(perturbed(picture, options.radius, generator)), image);
    furthest = std::max(furthest, (moved - map).norm().item<double>());
  }
  const double norm = map.norm().item<double>();
  if (norm == 0) return furthest == 0 ? 0 : std::numeric_limits<double>::infinity();
  return furthest / norm;
}

}  // namespace fathom::explain
