/// Functions whose explanations are known by hand.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <vector>

#include "fathom/explain/attribution.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

/// f(x) = sum of weight * x, weight [C, H, W].
inline ScoreFunction linear_score(const torch::Tensor& weight) {
  return [weight](const torch::Tensor& x) { return (x * weight).flatten(1).sum(1); };
}

/// An image of two rows.
inline torch::Tensor two_by_two(const std::vector<float>& pixels) {
  return torch::tensor(pixels).view({1, 1, 2, 2});
}

inline Attribution attribution_of(const torch::Tensor& values) { return {values, values.sum(0)}; }

}  // namespace fathom::explain
