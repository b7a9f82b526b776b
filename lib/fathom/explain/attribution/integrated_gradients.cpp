#include "fathom/explain/attribution/integrated_gradients.hpp"

#include "fathom/explain/attribution/gradient.hpp"
#include "fathom/explain/attribution/quadrature.hpp"

namespace fathom::explain {

Attribution integrated_gradients(const ScoreFunction& score, const torch::Tensor& image,
                                 const IntegratedGradientsOptions& options) {
  require_one_image(image, "integrated gradients");
  const torch::NoGradGuard no_grad;
  const Quadrature quadrature = gauss_legendre(options.points);
  const torch::Tensor pixels = image[0].cpu();
  const torch::Tensor baseline = baseline_picture(options.baseline, image);
  const torch::Tensor step = pixels - baseline;  // [C, H, W]
  const torch::Tensor t = torch::tensor(quadrature.points, torch::kDouble).view({-1, 1, 1, 1});
  const torch::Tensor path = (baseline + t * step).to(torch::kFloat).to(image.device());  // [points, C, H, W]

  const torch::Tensor weights = torch::tensor(quadrature.weights, torch::kDouble);
  const torch::Tensor values =
      weighted_gradient(score, path, weights, batch_of(image, options.batch, 32)) * step;  // double
  const double whole = score(image)[0].item<double>();
  const double nothing = score(baseline.unsqueeze(0).to(image.device()))[0].item<double>();
  return {.values = values.to(torch::kFloat),
          .map = values.sum(0).to(torch::kFloat),
          .score = static_cast<float>(whole),
          .completeness = Completeness{.baseline_score = nothing,
                                       .score_difference = whole - nothing,
                                       .sum = values.sum().item<double>()}};
}

}  // namespace fathom::explain
