/// What the measures of faithfulness share: checks of their input, and scores batch by batch.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <string>

#include "fathom/explain/score.hpp"

namespace fathom::explain {

/// Throws InvalidArgument unless `image` is float [1, C, H, W] with at least a pixel; `what` names the
/// caller.
void require_one_image(const torch::Tensor& image, const std::string& what);

/// Throws InvalidArgument unless `map` is a finite [H, W] of the image's size.
void require_map_of(const torch::Tensor& map, const torch::Tensor& image, const std::string& what);

/// Images `begin` to `begin + count` of a series that is never in memory whole: float [count, C, H, W].
using ImageSeries = std::function<torch::Tensor(std::int64_t begin, std::int64_t count)>;

/// Scores of `total` images, `batch` at a time and without gradients: double [total], on the CPU. Throws
/// InvalidArgument for a batch below 1, or where the function gives anything but a score per image.
torch::Tensor scores_of_series(const ScoreFunction& score, const ImageSeries& images, std::int64_t total,
                               std::int64_t batch);

}  // namespace fathom::explain
