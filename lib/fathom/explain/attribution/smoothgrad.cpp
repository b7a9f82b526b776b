#include "fathom/explain/attribution/smoothgrad.hpp"

#include <cmath>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/explain/attribution/gradient.hpp"

namespace fathom::explain {
namespace {

void require_valid(const SmoothGradOptions& options) {
  if (options.samples < 1)
    throw InvalidArgument(fmt::format("the number of samples must be at least 1, not {}", options.samples));
  if (!(options.noise >= 0 && std::isfinite(options.noise)))
    throw InvalidArgument(
        fmt::format("the noise must be a share of the image's range, at least 0, not {}", options.noise));
}

}  // namespace

Attribution smoothgrad(const ScoreFunction& score, const torch::Tensor& image,
                       const SmoothGradOptions& options, torch::Generator generator) {
  require_one_image(image, "SmoothGrad");
  require_valid(options);
  const torch::NoGradGuard no_grad;
  const torch::Tensor pixels = image.cpu();
  const double deviation = options.noise * (pixels.max() - pixels.min()).item<double>();
  torch::Tensor copies = torch::empty({options.samples, pixels.size(1), pixels.size(2), pixels.size(3)});
  copies.normal_(0, 1, std::move(generator)).mul_(deviation).add_(pixels);
  const torch::Tensor weights =
      torch::full({options.samples}, 1.0 / static_cast<double>(options.samples), torch::kDouble);
  const torch::Tensor values =
      weighted_gradient(score, copies.to(image.device()), weights, batch_of(image, options.batch, 32))
          .abs()
          .to(torch::kFloat);
  return {
      .values = values, .map = values.amax(0), .score = score(image)[0].item<float>(), .is_signed = false};
}

}  // namespace fathom::explain
