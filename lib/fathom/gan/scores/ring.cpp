#include "fathom/gan/scores/ring.hpp"

#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::gan {

void validate(const RingOptions& o) {
  if (o.modes < 1 || o.modes > 64)
    throw InvalidArgument(fmt::format("a ring has 1 to 64 modes, not {}", o.modes));
  if (!(o.radius > 0 && std::isfinite(o.radius) && o.sigma > 0 && std::isfinite(o.sigma)))
    throw InvalidArgument("a ring's radius and sigma must be numbers above 0");
}

torch::Tensor ring_centres(const RingOptions& o) {
  validate(o);
  const torch::Tensor angle =
      torch::arange(o.modes, torch::kFloat) * (2 * std::numbers::pi / static_cast<double>(o.modes));
  return o.radius * torch::stack({torch::cos(angle), torch::sin(angle)}, 1);
}

torch::Tensor ring_points(const RingOptions& o, std::int64_t count, torch::Generator random) {
  const torch::Tensor centres = ring_centres(o);
  const torch::Tensor modes = torch::randint(o.modes, {count}, random, torch::kLong);
  return centres.index_select(0, modes) + o.sigma * torch::randn({count, 2}, random);
}

RingScores ring_scores(const RingOptions& o, const torch::Tensor& points) {
  const auto [distance, mode] = at::cdist(points, ring_centres(o)).min(1);
  const torch::Tensor near = distance <= 3 * o.sigma;
  const torch::Tensor counts = torch::bincount(mode.masked_select(near), {}, o.modes);
  RingScores scores;
  scores.per_mode.assign(counts.data_ptr<std::int64_t>(), counts.data_ptr<std::int64_t>() + o.modes);
  scores.near_share = near.to(torch::kDouble).mean().item<double>();
  const double fair = static_cast<double>(points.size(0)) / static_cast<double>(o.modes);
  for (const std::int64_t count : scores.per_mode)
    if (static_cast<double>(count) >= fair / 10) ++scores.modes_covered;
  return scores;
}

}  // namespace fathom::gan
