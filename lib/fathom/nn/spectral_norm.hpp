/// Weights of spectral norm one: Miyato et al., "Spectral Normalization for Generative Adversarial Networks",
/// 2018.
#pragma once

#include <torch/types.h>

namespace fathom::nn {

/// weight / sigma, where sigma is the largest singular value of the weight seen as a matrix [O, rest], by one
/// step of power iteration from the left singular vector `u` [O]; the step changes `u` if `update` is true.
/// Gradients pass through weight and sigma, with the singular vectors as constants.
torch::Tensor spectrally_normalised(const torch::Tensor& weight, torch::Tensor u, bool update);

}  // namespace fathom::nn
