/// Saliency: the input values to which a score is most sensitive.
///
///   const auto score = [&](const torch::Tensor& x) {
///     return model.differentiable_logits(x).select(1, target);
///   };
///   const Attribution a = saliency(score, image);
///
/// Simonyan, Vedaldi & Zisserman, "Deep Inside Convolutional Networks", 2013.
#pragma once

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

/// Values: |gradient of the score|; map: their largest over the channels. Unsigned: it shows where a small
/// change matters, not in which direction. Image float [1, C, H, W] in [0, 1]. Throws InvalidArgument for
/// another image, or if the score cannot be differentiated. Cost: one forward and one backward pass.
Attribution saliency(const ScoreFunction& score, const torch::Tensor& image);

}  // namespace fathom::explain
