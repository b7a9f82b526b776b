#include "fathom/explain/maximise/transform.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include <fmt/format.h>

#include "fathom/core/error.hpp"

namespace fathom::explain {
namespace {

void require_within(const char* name, double value, double high) {
  if (!(value >= 0 && value <= high))  // NaN fails both
    throw InvalidArgument(fmt::format("{} must be from 0 to {}, not {}", name, high, value));
}

}  // namespace

Placements random_placements(const TransformOptions& options, std::int64_t count,
                             torch::Generator generator) {
  require_within("jitter", options.jitter, 1);
  require_within("rotation", options.rotate, 180);
  require_within("scale", options.scale, 1);
  require_within("padding", options.pad, 1);
  // The same number of draws whatever the options: turning one off leaves the others as they were.
  const torch::Tensor drawn = torch::empty({4, count}).uniform_(-1, 1, std::move(generator));
  return {.down = drawn[0] * options.jitter,
          .right = drawn[1] * options.jitter,
          .angle = drawn[2] * options.rotate,
          .size = (drawn[3] * std::log1p(options.scale)).exp_().div_(1 + 2 * options.pad)};
}

torch::Tensor placed(const torch::Tensor& images, const Placements& placements, const torch::Tensor& fill) {
  const double aspect = static_cast<double>(images.size(3)) / static_cast<double>(images.size(2));
  // grid_sample asks where each pixel of the result comes from, in coordinates from -1 to 1 with x first: the
  // inverse of the placement.
  const torch::Tensor angle = placements.angle * (std::numbers::pi / 180);
  const torch::Tensor cosine = angle.cos() / placements.size, sine = angle.sin() / placements.size;
  const torch::Tensor right = 2 * placements.right, down = 2 * placements.down;
  const torch::Tensor xx = cosine, xy = -sine / aspect, yx = sine * aspect, yy = cosine;
  const torch::Tensor theta =
      torch::stack({xx, xy, -(xx * right + xy * down), yx, yy, -(yx * right + yy * down)}, 1)
          .view({-1, 2, 3});
  const torch::Tensor grid = torch::affine_grid_generator(theta, images.sizes(), /*align_corners=*/false);
  // Outside is 0 to grid_sample, so images are measured from the fill.
  const torch::Tensor colour = fill.view({-1, 1, 1});
  return torch::grid_sampler(images - colour, grid, /*interpolation_mode=*/0, /*padding_mode=*/0,
                             /*align_corners=*/false) +
         colour;
}

}  // namespace fathom::explain
