/// A network reduced to what it computes, for those who need not know what it is made of.
#pragma once

#include <torch/types.h>
#include <functional>

namespace fathom::models {

/// A function from images to logits: float [N, C, H, W] in [0, 1] -> float [N, classes].
using LogitsFunction = std::function<torch::Tensor(const torch::Tensor&)>;

}  // namespace fathom::models
