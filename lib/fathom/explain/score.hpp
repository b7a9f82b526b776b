/// Score functions: explanation methods take a function, so they work with any model; and evaluation of many
/// images in batches.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <functional>
#include <optional>

namespace fathom::explain {

/// A batch of images to one score each: float [N, C, H, W] in [0, 1] -> float [N]. Methods that follow
/// gradients (saliency, integrated gradients, ...) need it differentiable with respect to the images:
/// `Classifier::differentiable_logits` rather than `Classifier::logits`.
using ScoreFunction = std::function<torch::Tensor(const torch::Tensor&)>;

/// A batch of images to several scores each, such as one per class: float [N, C, H, W] -> float [N, K].
using ScoresFunction = std::function<torch::Tensor(const torch::Tensor&)>;

/// The batch size for images like `image`: the requested one, or by default `most` for small images and less
/// for large ones (2.4 million values; 16 images of 3x224x224), whose activations would not fit into the
/// cache or a small memory. Throws InvalidArgument if the requested size is below 1.
std::int64_t batch_of(const torch::Tensor& image, const std::optional<std::int64_t>& asked,
                      std::int64_t most);

/// Images `begin` to `begin + count` of a series that is never completely in memory: float [count, C, H, W].
using ImageSeries = std::function<torch::Tensor(std::int64_t begin, std::int64_t count)>;

/// Scores of `total` images, `batch` at a time and without gradients: double [total], on the CPU. Throws
/// InvalidArgument for a batch below 1, or if the function does not return one score per image.
torch::Tensor scores_of_series(const ScoreFunction& score, const ImageSeries& images, std::int64_t total,
                               std::int64_t batch);

}  // namespace fathom::explain
