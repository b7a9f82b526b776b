/// Precision, recall, density and coverage of generated samples, by nearest neighbours in a feature space.
#pragma once

#include <torch/types.h>
#include <cstdint>

namespace fathom::gan {

/// Every vector has a ball whose radius is the distance to its k-th nearest neighbour in the same set.
/// For precision and recall, a ball includes its surface.
struct NeighbourScores {
  double precision = 0;  ///< share of generated ones in a ball of a real one (Kynkaanniemi et al. 2019)
  double recall = 0;     ///< share of real ones in a ball of a generated one (the same)
  double density = 0;  ///< balls of real ones per generated one, over k; not bounded by 1 (Naeem et al. 2020)
  double coverage = 0;  ///< share of real vectors with a generated one in their ball (Naeem et al. 2020)
};

/// The real vectors, as the reference for generated ones.
class NeighbourReference {
 public:
  /// float [N, F]. Throws InvalidArgument unless k >= 1 and N is above k.
  explicit NeighbourReference(const torch::Tensor& real, std::int64_t k = 5);

  /// Of float [M, F]. Throws InvalidArgument unless M is above k and F is the reference's.
  NeighbourScores scores(const torch::Tensor& generated) const;

 private:
  torch::Tensor real_, radii_;  // [N, F], [N]
  std::int64_t k_;
};

/// The same of two sets, where neither is compared again.
NeighbourScores neighbour_scores(const torch::Tensor& real, const torch::Tensor& generated,
                                 std::int64_t k = 5);

}  // namespace fathom::gan
