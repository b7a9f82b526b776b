/// Noise that a network can be fed with.
#pragma once

#include <torch/types.h>
#include <cstdint>

#include "fathom/models/architecture.hpp"

namespace fathom::models {

/// float [count, C, H, W] in [0, 1).
inline torch::Tensor images_for(const Architecture& architecture, std::int64_t count) {
  const InputShape& in = input_of(architecture);
  return torch::rand({count, in.channels, in.height, in.width});
}

}  // namespace fathom::models
