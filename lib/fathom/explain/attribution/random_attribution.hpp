/// Random attribution: the noise baseline that every method must beat.
///
///   const AttributionFunction floor = [&](const torch::Tensor& x) { return random_attribution(x, generator);
///   };
#pragma once

#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::explain {

/// A map drawn from N(0, 1), independent of network and picture, new for every call; the values are spread
/// evenly over the channels. The score is 0. Throws InvalidArgument unless the image is [1, C, H, W].
Attribution random_attribution(const torch::Tensor& image, torch::Generator generator);

}  // namespace fathom::explain
