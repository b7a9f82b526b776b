/// Scores whose attributions can be worked out by hand.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <vector>

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/faithfulness/substrate.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

inline torch::Tensor picture(const std::vector<float>& pixels, const std::vector<std::int64_t>& shape) {
  return torch::tensor(pixels).view(shape);
}

inline std::vector<float> numbers(const torch::Tensor& tensor) {
  const torch::Tensor flat = tensor.to(torch::kFloat).contiguous().view({-1});
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

/// f(x) = sum of weight * x, weight [C, H, W].
inline ScoreFunction linear_score(const torch::Tensor& weight) {
  return [weight](const torch::Tensor& x) { return (x * weight).flatten(1).sum(1); };
}

/// An image of two rows.
inline torch::Tensor two_by_two(const std::vector<float>& pixels) { return picture(pixels, {1, 1, 2, 2}); }

inline Attribution attribution_of(const torch::Tensor& values) { return {values, values.sum(0)}; }

/// The sum of weight times pixel.
inline ScoreFunction linear(const std::vector<float>& weights) {
  return [w = torch::tensor(weights)](const torch::Tensor& x) { return x.flatten(1).mv(w); };
}

/// What a grey picture is covered with.
inline Substrate black() { return {.colour = torch::zeros({1})}; }

/// Of all numbers of the image.
inline torch::Tensor product(const torch::Tensor& x) { return x.flatten(1).prod(1); }

}  // namespace fathom::explain
