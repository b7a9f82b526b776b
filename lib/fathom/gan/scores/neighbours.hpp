/// Precision, recall, density and coverage of generated samples, by nearest neighbours in a feature space.
#pragma once

#include <torch/types.h>
#include <cstdint>

namespace fathom::gan {

/// Every vector has a ball whose radius is the distance to its k-th nearest neighbour in the same set.
/// For precision and recall, a ball includes its surface.
struct NeighbourScores {
  double precision = 0;  ///< share of generated vectors in a ball of a real one (Kynkaanniemi et al. 2019)
  double recall = 0;     ///< share of real vectors in a ball of a generated one (the same)
  double density =
      0;  ///< balls of real vectors around a generated one, over k; can exceed 1 (Naeem et al. 2020)
  double coverage = 0;  ///< share of real vectors with a generated one in their ball (Naeem et al. 2020)
};

/// The real vectors, as the reference for generated ones.
class NeighbourReference {
 public:
  /// float [N, F]. Throws InvalidArgument unless k >= 1 and N is above k.
  explicit NeighbourReference(const torch::Tensor& real, std::int64_t k = 5);

  /// Of generated vectors float [M, F]. Throws InvalidArgument unless M is above k and F is the reference's.
  NeighbourScores scores(const torch::Tensor& generated) const;

 private:
  torch::Tensor real_, radii_;  // [N, F], [N]
  std::int64_t k_;
};

}  // namespace fathom::gan
