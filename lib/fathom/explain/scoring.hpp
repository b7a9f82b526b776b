/// What the measures of faithfulness share: checks of a map, and scores batch by batch.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "fathom/explain/attribution/attribution.hpp"
#include "fathom/explain/score.hpp"

namespace fathom::explain {

/// Throws InvalidArgument unless `map` is a finite [H, W] of the image's size.
void require_map_of(const torch::Tensor& map, const torch::Tensor& image, const std::string& what);

/// How many images like `image` go through a network at once: what was asked for, or where nothing was,
/// `most` small ones and fewer large ones (2.4 million numbers; 16 of 3x224x224), whose activations would
/// neither stay in a cache nor fit a small memory. Throws InvalidArgument where less than 1 was asked for.
std::int64_t batch_of(const torch::Tensor& image, const std::optional<std::int64_t>& asked,
                      std::int64_t most);

/// Images `begin` to `begin + count` of a series that is never in memory whole: float [count, C, H, W].
using ImageSeries = std::function<torch::Tensor(std::int64_t begin, std::int64_t count)>;

/// Scores of `total` images, `batch` at a time and without gradients: double [total], on the CPU. Throws
/// InvalidArgument for a batch below 1, or where the function gives anything but a score per image.
torch::Tensor scores_of_series(const ScoreFunction& score, const ImageSeries& images, std::int64_t total,
                               std::int64_t batch);

}  // namespace fathom::explain
