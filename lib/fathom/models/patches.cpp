#include "fathom/models/patches.hpp"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <algorithm>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Whether loops over memory may take the place of LibTorch's operations, which a traced program needs.
bool has_plain_memory(const torch::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == torch::kFloat && !torch::jit::tracer::isTracing();
}

/// Calls `row(of_map, of_patch, count)` with where `count` numbers lie in channels-last maps and in their
/// patches, for every row of every patch, sample by sample and side by side.
template <typename Row>
void each_row(std::int64_t samples, std::int64_t height, std::int64_t width, std::int64_t channels,
              const Row& row) {
  at::parallel_for(0, samples, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t n = first; n < last; ++n)
      for (std::int64_t i = 0; i < height; ++i)
        for (std::int64_t y = std::max<std::int64_t>(0, 1 - 2 * i);
             y < std::min<std::int64_t>(4, 2 * (height - i) + 1); ++y)
          for (std::int64_t j = 0; j < width; ++j) {
            const std::int64_t from = std::max<std::int64_t>(0, 1 - 2 * j),
                               to = std::min<std::int64_t>(4, 2 * (width - j) + 1);
            row(((((n * height + i) * 2 + y - 1) * width + j) * 2 + from - 1) * channels,
                ((((n * height + i) * width + j) * 4 + y) * 4 + from) * channels, (to - from) * channels);
          }
  });
}

torch::Tensor unfolded(const torch::Tensor& maps) {
  if (!has_plain_memory(maps))
    return torch::constant_pad_nd(maps, {1, 1, 1, 1})
        .unfold(2, 4, 2)
        .unfold(3, 4, 2)
        .permute({0, 2, 3, 4, 5, 1})
        .flatten(3)
        .permute({0, 3, 1, 2});

  const torch::Tensor source = maps.contiguous(at::MemoryFormat::ChannelsLast);
  const std::int64_t height = maps.size(2) / 2, width = maps.size(3) / 2, channels = maps.size(1);
  const torch::Tensor patches = torch::zeros({maps.size(0), height, width, 16 * channels}, maps.options());
  const float* const from = source.data_ptr<float>();
  float* const to = patches.data_ptr<float>();
  each_row(maps.size(0), height, width, channels,
           [&](std::int64_t of_map, std::int64_t of_patch, std::int64_t count) {
             for (std::int64_t k = 0; k < count; ++k) to[of_patch + k] = from[of_map + k];
           });
  return patches.permute({0, 3, 1, 2});
}

torch::Tensor folded(const torch::Tensor& patches) {
  const std::int64_t height = patches.size(2), width = patches.size(3), channels = patches.size(1) / 16;
  if (has_plain_memory(patches)) {
    const torch::Tensor source = patches.contiguous(at::MemoryFormat::ChannelsLast),
                        maps = torch::zeros({patches.size(0), 2 * height, 2 * width, channels},
                                            patches.options());
    const float* const from = source.data_ptr<float>();
    float* const to = maps.data_ptr<float>();
    each_row(patches.size(0), height, width, channels,
             [&](std::int64_t of_map, std::int64_t of_patch, std::int64_t count) {
               for (std::int64_t k = 0; k < count; ++k) to[of_map + k] += from[of_patch + k];
             });
    return maps.permute({0, 3, 1, 2});
  }

  // A patch lies on 2 x 2 blocks of 2 x 2 pixels. [N, h, w, block's row, row, block's column, column, C]
  const torch::Tensor parts =
      patches.permute({0, 2, 3, 1}).reshape({-1, height, width, 2, 2, 2, 2, channels});
  const auto part = [&](std::int64_t r, std::int64_t c) {  // [N, h, row, w, column, C]
    return parts.select(5, c).select(3, r).permute({0, 1, 3, 2, 4, 5});
  };
  const torch::Tensor plane = torch::constant_pad_nd(part(0, 0), {0, 0, 0, 0, 0, 1, 0, 0, 0, 1});
  for (const auto& [r, c] : {std::pair{0, 1}, {1, 0}, {1, 1}})
    plane.narrow(1, r, height).narrow(3, c, width).add_(part(r, c));
  return plane.reshape({-1, 2 * height + 2, 2 * width + 2, channels})
      .narrow(1, 1, 2 * height)
      .narrow(2, 1, 2 * width)
      .permute({0, 3, 1, 2})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

/// Each is the gradient of the other, and LibTorch's own gradient of unfold takes three times as long.
class Fold : public torch::autograd::Function<Fold> {
 public:
  static torch::Tensor forward(AutogradContext* /*context*/, const torch::Tensor& patches) {
    return folded(patches);
  }
  static variable_list backward(AutogradContext* /*context*/, const variable_list& gradients) {
    return {unfold_patches(gradients[0])};
  }
};

class Unfold : public torch::autograd::Function<Unfold> {
 public:
  static torch::Tensor forward(AutogradContext* /*context*/, const torch::Tensor& maps) {
    return unfolded(maps);
  }
  static variable_list backward(AutogradContext* /*context*/, const variable_list& gradients) {
    return {fold_patches(gradients[0])};
  }
};

}  // namespace

torch::Tensor unfold_patches(const torch::Tensor& maps) {
  if (maps.dim() != 4 || maps.size(2) % 2 != 0 || maps.size(3) % 2 != 0)
    throw InvalidArgument(fmt::format("patches are of maps [N, C, h, w] with even sides, not [{}]",
                                      fmt::join(maps.sizes(), ", ")));
  return Unfold::apply(maps);
}

torch::Tensor fold_patches(const torch::Tensor& patches) {
  if (patches.dim() != 4 || patches.size(1) % 16 != 0)
    throw InvalidArgument(
        fmt::format("patches have 16 channels for each of a map's, [N, 16 C, h, w], not [{}]",
                    fmt::join(patches.sizes(), ", ")));
  return Fold::apply(patches);
}

}  // namespace fathom::models
