#include "fathom/gan/neighbours.hpp"

#include <limits>
#include <vector>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::gan {
namespace {

/// Rows whose distances to all others are held at once.
constexpr std::int64_t kRows = 500;

torch::Tensor distances(const torch::Tensor& a, const torch::Tensor& b) {
  return at::cdist(a, b, /*p=*/2.0, /*compute_mode=*/1);  // by a matrix product
}

/// Distance of every row to its k-th nearest among the others: float [N].
torch::Tensor radii(const torch::Tensor& x, std::int64_t k) {
  std::vector<torch::Tensor> parts;
  for (const torch::Tensor& rows : x.split(kRows))  // the nearest of all is the row itself
    parts.push_back(std::get<0>(distances(rows, x).kthvalue(k + 1, 1)));
  return torch::cat(parts);
}

double share(const torch::Tensor& flags) { return flags.to(torch::kDouble).mean().item<double>(); }

}  // namespace

NeighbourScores neighbour_scores(const torch::Tensor& real, const torch::Tensor& generated, std::int64_t k) {
  if (real.dim() != 2 || generated.dim() != 2 || real.size(1) != generated.size(1) || k < 1 ||
      real.size(0) <= k || generated.size(0) <= k)
    throw InvalidArgument(fmt::format("{} nearest neighbours cannot be found among [{}] and [{}]", k,
                                      fmt::join(real.sizes(), ", "), fmt::join(generated.sizes(), ", ")));
  const torch::Tensor real_radii = radii(real, k), generated_radii = radii(generated, k);
  torch::Tensor recalled = torch::zeros({real.size(0)}, torch::kBool);
  torch::Tensor nearest = torch::full({real.size(0)}, std::numeric_limits<float>::infinity());
  double precise = 0, balls = 0;
  for (std::int64_t first = 0; first < generated.size(0); first += kRows) {
    const torch::Tensor rows = generated.slice(0, first, first + kRows);
    const torch::Tensor d = distances(rows, real);  // [rows, N]
    const torch::Tensor inside = d < real_radii;
    precise += inside.any(1).sum().item<double>();
    balls += inside.sum().item<double>();
    recalled |= (d < generated_radii.slice(0, first, first + kRows).unsqueeze(1)).any(0);
    nearest = torch::minimum(nearest, d.amin(0));
  }
  const auto n = static_cast<double>(generated.size(0));
  return {.precision = precise / n,
          .recall = share(recalled),
          .density = balls / n / static_cast<double>(k),
          .coverage = share(nearest < real_radii)};
}

}  // namespace fathom::gan
