/// The gradient of a score with respect to images; the basis of the gradient methods.
///
///   const ScoreGradient g = score_gradient(score, images);   // images float [N, C, H, W]
///   g.gradient;                                              // float [N, C, H, W]
#pragma once

#include <torch/types.h>
#include <cstdint>

#include "fathom/explain/score.hpp"

namespace fathom::explain {

struct ScoreGradient {
  torch::Tensor scores;    ///< float [N]
  torch::Tensor gradient;  ///< float [N, C, H, W], on the CPU: of each image's own score
};

/// The images are not modified, and no gradient is left on them or on the weights behind the score. Also
/// works under a NoGradGuard. Throws InvalidArgument if the score is not [N] or cannot be differentiated.
ScoreGradient score_gradient(const ScoreFunction& score, const torch::Tensor& images);

/// sum over i of weights[i] * gradient at images[i], double [C, H, W]; weights double [N]. `batch` images are
/// differentiated at once; it affects speed and memory, not the result. Throws as score_gradient, and
/// InvalidArgument if the batch is below 1.
torch::Tensor weighted_gradient(const ScoreFunction& score, const torch::Tensor& images,
                                const torch::Tensor& weights, std::int64_t batch);

}  // namespace fathom::explain
