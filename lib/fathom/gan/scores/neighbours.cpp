#include "fathom/gan/scores/neighbours.hpp"

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

void require_more_than(std::int64_t k, const torch::Tensor& vectors) {
  if (vectors.dim() != 2 || k < 1 || vectors.size(0) <= k)
    throw InvalidArgument(
        fmt::format("{} nearest neighbours cannot be found in [{}]", k, fmt::join(vectors.sizes(), ", ")));
}

}  // namespace

NeighbourReference::NeighbourReference(const torch::Tensor& real, std::int64_t k) : real_(real), k_(k) {
  require_more_than(k, real);
  radii_ = radii(real, k);
}

NeighbourScores NeighbourReference::scores(const torch::Tensor& generated) const {
  require_more_than(k_, generated);
  if (generated.size(1) != real_.size(1))
    throw InvalidArgument(
        fmt::format("vectors of {} and of {} values cannot be compared", real_.size(1), generated.size(1)));
  const torch::Tensor generated_radii = radii(generated, k_);
  torch::Tensor recalled = torch::zeros({real_.size(0)}, torch::kBool);
  torch::Tensor nearest = torch::full({real_.size(0)}, std::numeric_limits<float>::infinity());
  double precise = 0, balls = 0;
  for (std::int64_t first = 0; first < generated.size(0); first += kRows) {
    const torch::Tensor rows = generated.slice(0, first, first + kRows);
    const torch::Tensor d = distances(rows, real_);  // [rows, N]
    // The manifold of precision and recall is made of closed balls (Kynkaanniemi et al. 2019, equation 1);
    // density and coverage count open ones, as Naeem et al. do.
    precise += (d <= radii_).any(1).sum().item<double>();
    balls += (d < radii_).sum().item<double>();
    recalled |= (d <= generated_radii.slice(0, first, first + kRows).unsqueeze(1)).any(0);
    nearest = torch::minimum(nearest, d.amin(0));
  }
  const auto n = static_cast<double>(generated.size(0));
  return {.precision = precise / n,
          .recall = share(recalled),
          .density = balls / n / static_cast<double>(k_),
          .coverage = share(nearest < radii_)};
}

}  // namespace fathom::gan
