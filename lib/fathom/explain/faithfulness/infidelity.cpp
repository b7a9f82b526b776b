#include "fathom/explain/faithfulness/infidelity.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/core/geometry.hpp"

namespace fathom::explain {
namespace {

void require_options(const InfidelityOptions& o) {
  if (!(o.smallest_square > 0 && o.smallest_square <= o.largest_square && o.largest_square <= 1))
    throw InvalidArgument(
        fmt::format("the range of square sides must be increasing within (0, 1] (shares of the image's "
                    "side), not {} to {}",
                    o.smallest_square, o.largest_square));
  if (o.perturbations < 1)
    throw InvalidArgument(fmt::format("there must be at least 1 perturbation, not {}", o.perturbations));
}

/// A whole number from `low` to `high`.
std::int64_t draw(std::int64_t low, std::int64_t high, torch::Generator generator) {
  return torch::randint(low, high + 1, {1}, std::move(generator), torch::kInt64).item<std::int64_t>();
}

std::vector<Patch> squares(Extent image, const InfidelityOptions& options,
                           const torch::Generator& generator) {
  const std::int64_t shorter = std::min(image.height, image.width);
  const auto side = [&](double share) {
    return std::max<std::int64_t>(1, std::llround(share * static_cast<double>(shorter)));
  };
  std::vector<Patch> patches;
  for (std::int64_t i = 0; i < options.perturbations; ++i) {
    const std::int64_t s = draw(side(options.smallest_square), side(options.largest_square), generator);
    const std::int64_t y = draw(0, image.height - s, generator), x = draw(0, image.width - s, generator);
    patches.push_back({y, x, s, s});
  }
  return patches;
}

torch::Tensor part(const torch::Tensor& picture, Patch p) {
  return picture.narrow(-2, p.y, p.height).narrow(-1, p.x, p.width);
}

/// What the score loses by each square, double [squares].
torch::Tensor losses(const ScoreFunction& score, const torch::Tensor& image, const torch::Tensor& substrate,
                     const std::vector<Patch>& patches, std::int64_t batch) {
  const auto images = [&](std::int64_t begin, std::int64_t count) {
    torch::Tensor changed = image.repeat({count, 1, 1, 1});
    for (std::int64_t i = 0; i < count; ++i) {
      const Patch p = patches[static_cast<std::size_t>(begin + i)];
      part(changed[i], p).copy_(part(substrate[0], p));
    }
    return changed;
  };
  const auto whole = [&](std::int64_t, std::int64_t) { return image; };
  return scores_of_series(score, whole, 1, 1) - scores_of_series(score, images, std::ssize(patches), batch);
}

}  // namespace

Infidelity infidelity(const ScoreFunction& score, const torch::Tensor& image, const Attribution& attribution,
                      const InfidelityOptions& options, torch::Generator generator) {
  require_one_image(image, "infidelity");
  require_map_of(attribution.map, image, "infidelity");
  require_options(options);
  const torch::Tensor picture = image.detach().cpu();
  const torch::Tensor substrate = substrate_picture(options.substrate, picture);
  const torch::Tensor promise_of_pixel =  // double [H, W]
      options.unit == AttributionUnit::share
          ? attribution.map.to(torch::kCPU, torch::kFloat64)
          : (attribution.values.to(torch::kCPU, torch::kFloat64) * (picture - substrate)[0]).sum(0);

  const std::vector<Patch> patches = squares({image.size(2), image.size(3)}, options, generator);
  torch::Tensor promised = torch::empty({std::ssize(patches)}, torch::kFloat64);
  for (std::size_t i = 0; i < patches.size(); ++i)
    promised[static_cast<std::int64_t>(i)] = part(promise_of_pixel, patches[i]).sum();
  const torch::Tensor lost =
      losses(score, picture, substrate, patches, batch_of(picture, options.batch, 128));

  const double squared = promised.square().sum().item<double>();
  const double scale = squared > 0 ? (promised * lost).sum().item<double>() / squared : 0;
  return {.value = (scale * promised - lost).square().mean().item<double>(),
          .scale = scale,
          .of_nothing = lost.square().mean().item<double>()};
}

}  // namespace fathom::explain
