/// A network as a function, for code that does not depend on its structure.
#pragma once

#include <torch/types.h>
#include <functional>

namespace fathom::models {

/// A function from images to logits: float [N, C, H, W] in [0, 1] -> float [N, classes].
using LogitsFunction = std::function<torch::Tensor(const torch::Tensor&)>;

}  // namespace fathom::models
