/// Input times gradient: the contribution of each input value to a linear approximation of the score.
///
///   const Attribution a = input_x_gradient(score, image);
///
/// For a linear score, the values sum to the score minus its bias. Black pixels always get 0.
///
/// Shrikumar, Greenside, Shcherbina & Kundaje, "Not Just a Black Box", 2016.
#pragma once

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

/// Values: image * gradient of the score; map: their sum over the channels; signed. Image float [1, C, H, W]
/// in [0, 1]. Throws as `saliency`. Cost: one forward and one backward pass.
Attribution input_x_gradient(const ScoreFunction& score, const torch::Tensor& image);

}  // namespace fathom::explain
