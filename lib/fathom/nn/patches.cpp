#include "fathom/nn/patches.hpp"

#include <torch/csrc/autograd/custom_function.h>
#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/error.hpp"
#include "fathom/nn/cpu/sample_maps.hpp"

namespace fathom::nn {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

torch::Tensor unfolded_by_operations(const torch::Tensor& maps) {
  return torch::constant_pad_nd(maps, {1, 1, 1, 1})
      .unfold(2, 4, 2)
      .unfold(3, 4, 2)
      .permute({0, 4, 5, 1, 2, 3})
      .flatten(1, 3)
      .clone(at::MemoryFormat::ChannelsLast);
}

torch::Tensor folded_by_operations(const torch::Tensor& patches) {
  const std::int64_t height = patches.size(2), width = patches.size(3), channels = patches.size(1) / 16;
  // -1 lets a traced program take any batch, but cannot stand for an empty one.
  const std::int64_t count = patches.size(0) == 0 ? 0 : -1;
  // A patch lies on 2 x 2 blocks of 2 x 2 pixels. [N, h, w, block's row, row, block's column, column, C]
  const torch::Tensor parts =
      patches.permute({0, 2, 3, 1}).reshape({count, height, width, 2, 2, 2, 2, channels});
  const auto part = [&](std::int64_t r, std::int64_t c) {  // [N, h, row, w, column, C]
    return parts.select(5, c).select(3, r).permute({0, 1, 3, 2, 4, 5});
  };
  const torch::Tensor plane = torch::constant_pad_nd(part(0, 0), {0, 0, 0, 0, 0, 1, 0, 0, 0, 1});
  for (const auto& [r, c] : {std::pair{0, 1}, {1, 0}, {1, 1}})
    plane.narrow(1, r, height).narrow(3, c, width).add_(part(r, c));
  return plane.reshape({count, 2 * height + 2, 2 * width + 2, channels})
      .narrow(1, 1, 2 * height)
      .narrow(2, 1, 2 * width)
      .permute({0, 3, 1, 2})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

/// Calls `row(of_map, of_patch, count)` for every row of every patch: that many numbers lie there in
/// channels-last maps and in their patches.
template <typename Row>
void each_row(const torch::Tensor& maps, const torch::Tensor& patches, const Row& row) {
  const std::int64_t channels = maps.size(1), height = patches.size(2), width = patches.size(3);
  const SampleMaps of_maps(maps), of_patches(patches);
  of_maps.each([&](std::int64_t n) {
    float* const map = of_maps.maps(maps, n);
    float* const patch = of_patches.maps(patches, n);
    for (std::int64_t i = 0; i < height; ++i)
      for (std::int64_t y = 0; y < 4; ++y) {
        const std::int64_t map_row = 2 * i + y - 1;
        if (map_row < 0 || map_row >= 2 * height) continue;
        for (std::int64_t j = 0; j < width; ++j) {
          const std::int64_t map_column = 2 * j - 1, from = std::max<std::int64_t>(0, -map_column),
                             to = std::min<std::int64_t>(4, 2 * width - map_column);
          row(map + (map_row * 2 * width + map_column + from) * channels,
              patch + (((i * width + j) * 4 + y) * 4 + from) * channels, (to - from) * channels);
        }
      }
  });
}

torch::Tensor zero_maps(at::IntArrayRef sizes) {
  return torch::empty(sizes, torch::TensorOptions().memory_format(at::MemoryFormat::ChannelsLast)).zero_();
}

torch::Tensor unfolded_by_loops(const torch::Tensor& maps) {
  const torch::Tensor patches =
      zero_maps({maps.size(0), 16 * maps.size(1), maps.size(2) / 2, maps.size(3) / 2});
  each_row(maps.contiguous(at::MemoryFormat::ChannelsLast), patches,
           [](const float* map, float* patch, std::int64_t count) {
             for (std::int64_t k = 0; k < count; ++k) patch[k] = map[k];
           });
  return patches;
}

torch::Tensor folded_by_loops(const torch::Tensor& patches) {
  const torch::Tensor maps =
      zero_maps({patches.size(0), patches.size(1) / 16, 2 * patches.size(2), 2 * patches.size(3)});
  each_row(maps, patches.contiguous(at::MemoryFormat::ChannelsLast),
           [](float* map, const float* patch, std::int64_t count) {
             for (std::int64_t k = 0; k < count; ++k) map[k] += patch[k];
           });
  return maps;
}

/// Each is the gradient of the other, and LibTorch's own gradient of unfold takes three times as long.
class Fold : public torch::autograd::Function<Fold> {
 public:
  static torch::Tensor forward(AutogradContext* /*context*/, const torch::Tensor& patches) {
    return may_loop_over(patches) ? folded_by_loops(patches) : folded_by_operations(patches);
  }
  static variable_list backward(AutogradContext* /*context*/, const variable_list& gradients) {
    return {unfold_patches(gradients[0])};
  }
};

class Unfold : public torch::autograd::Function<Unfold> {
 public:
  static torch::Tensor forward(AutogradContext* /*context*/, const torch::Tensor& maps) {
    return may_loop_over(maps) ? unfolded_by_loops(maps) : unfolded_by_operations(maps);
  }
  static variable_list backward(AutogradContext* /*context*/, const variable_list& gradients) {
    return {fold_patches(gradients[0])};
  }
};

}  // namespace

torch::Tensor unfold_patches(const torch::Tensor& maps) {
  if (maps.dim() != 4 || maps.size(2) % 2 != 0 || maps.size(3) % 2 != 0)
    throw InvalidArgument(fmt::format("patches need maps [N, C, h, w] with even sides, not [{}]",
                                      fmt::join(maps.sizes(), ", ")));
  return Unfold::apply(maps);
}

torch::Tensor fold_patches(const torch::Tensor& patches) {
  if (patches.dim() != 4 || patches.size(1) % 16 != 0)
    throw InvalidArgument(
        fmt::format("patches must have 16 channels per channel of the maps, [N, 16 C, h, w], not [{}]",
                    fmt::join(patches.sizes(), ", ")));
  return Fold::apply(patches);
}

torch::Tensor filters_over_patches(const torch::Tensor& filters) {
  return filters.permute({0, 2, 3, 1}).flatten(1).unsqueeze(2).unsqueeze(3);
}

}  // namespace fathom::nn
