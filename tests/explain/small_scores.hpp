/// Scores whose attributions can be worked out by hand.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <vector>

#include "fathom/explain/score.hpp"

namespace fathom::explain {

inline torch::Tensor picture(const std::vector<float>& pixels, const std::vector<std::int64_t>& shape) {
  return torch::tensor(pixels).view(shape);
}

inline std::vector<float> numbers(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.to(torch::kFloat).contiguous().view({-1});
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// The sum of weight times pixel.
inline ScoreFunction linear(const std::vector<float>& weights) {
  return [w = torch::tensor(weights)](const torch::Tensor& x) { return x.flatten(1).mv(w); };
}

/// Of all numbers of the image.
inline torch::Tensor product(const torch::Tensor& x) { return x.flatten(1).prod(1); }

}  // namespace fathom::explain
