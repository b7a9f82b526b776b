/// One pixel of a picture, for comparison with numbers.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <vector>

namespace fathom::image {

/// Of uint8 [3, H, W].
inline std::vector<int> pixel(const torch::Tensor& picture, std::int64_t y, std::int64_t x) {
  return {picture[0][y][x].item<int>(), picture[1][y][x].item<int>(), picture[2][y][x].item<int>()};
}

}  // namespace fathom::image
