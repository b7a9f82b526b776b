/// A toy problem with known truth: Gaussians on a ring, which reveals dropped modes (Metz et al. 2017).
///
///   const torch::Tensor points = ring_points(RingOptions{.modes = 8}, 50000, make_generator(0));
///   const RingScores scores = ring_scores(RingOptions{.modes = 8}, samples);
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <vector>

namespace fathom::gan {

struct RingOptions {
  std::int64_t modes = 8;
  double radius = 2;
  double sigma = 0.05;  ///< standard deviation of a Gaussian, in every direction
};

/// Throws InvalidArgument unless there are 1 to 64 modes, and radius and sigma are above 0.
void validate(const RingOptions& options);

/// float [modes, 2]: the first lies on the positive x axis, the others follow counter-clockwise.
torch::Tensor ring_centres(const RingOptions& options);

/// float [count, 2], each from a randomly drawn mode.
torch::Tensor ring_points(const RingOptions& options, std::int64_t count, torch::Generator random);

struct RingScores {
  std::int64_t modes_covered =
      0;                  ///< modes with at least a tenth of their fair share of the points within 3 sigma
  double near_share = 0;  ///< share of points within 3 sigma of a mode; 0.989 of real ones
  std::vector<std::int64_t> per_mode;  ///< points within 3 sigma of each
};
RingScores ring_scores(const RingOptions& options, const torch::Tensor& points);

}  // namespace fathom::gan
