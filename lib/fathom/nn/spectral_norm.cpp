#include "fathom/nn/spectral_norm.hpp"

namespace fathom::nn {
namespace {

torch::Tensor unit(const torch::Tensor& vector) { return vector / vector.norm().clamp_min(1e-12); }

}  // namespace

torch::Tensor spectrally_normalised(const torch::Tensor& weight, torch::Tensor u, bool update) {
  const torch::Tensor matrix = weight.flatten(1);
  torch::Tensor left, right;
  {
    const torch::NoGradGuard no_grad;
    right = unit(torch::mv(matrix.t(), u));
    left = update ? unit(torch::mv(matrix, right)) : u.clone();
    if (update) u.copy_(left);
  }
  return weight / torch::dot(left, torch::mv(matrix, right));
}

}  // namespace fathom::nn
