/// Attribution that knows nothing: the floor that every method has to be above.
///
///   const AttributionFunction floor = [&](const torch::Tensor& x) { return random_attribution(x, generator);
///   };
#pragma once

#include "fathom/explain/attribution/attribution.hpp"

namespace fathom::explain {

/// A map of N(0, 1), independent of the network and of the picture's content and new at every call; its
/// values spread it evenly over the channels. The score is 0. Throws InvalidArgument unless the image is
/// [1, C, H, W].
Attribution random_attribution(const torch::Tensor& image, torch::Generator generator);

}  // namespace fathom::explain
