/// Batch norm folded into the layer before it, for inference.
#pragma once

#include <torch/types.h>

namespace fathom::nn {

/// Weight and bias of a linear or convolutional layer.
struct Affine {
  torch::Tensor weight, bias;
};

/// In evaluation mode batch norm is y = scale * x + shift, per channel.
struct ScaleShift {
  torch::Tensor scale, shift;
};

template <typename BatchNorm>
ScaleShift scale_shift(const BatchNorm& norm) {
  const torch::Tensor scale = norm.weight / torch::sqrt(norm.running_var + norm.options.eps());
  return {scale, norm.bias - norm.running_mean * scale};
}

/// A layer without bias followed by `norm`, as one layer. `weight` has the output channels first.
template <typename BatchNorm>
Affine folded(const torch::Tensor& weight, const BatchNorm& norm) {
  const auto [scale, shift] = scale_shift(norm);
  std::vector<std::int64_t> shape(static_cast<std::size_t>(weight.dim()), 1);
  shape[0] = -1;
  return {weight * scale.view(shape), shift};
}

}  // namespace fathom::nn
