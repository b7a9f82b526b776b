/// Weights and activations as labelled sheets.
#pragma once

#include <torch/types.h>
#include <string>
#include <vector>

#include "fathom/explain/filters.hpp"

namespace fathom::cli {

/// Which pictures of a sheet are drawn, int64 [shown], and what stands over them.
struct SheetContent {
  torch::Tensor shown;
  std::string heading;
};

/// Filters with their numbers, all at one scale: those of RGB pictures in colour, grey where a weight is 0;
/// others in blue and red with a colour bar. uint8 [3, H, W].
torch::Tensor filter_sheet(const explain::Filters& filters, const SheetContent& content);

/// The picture, then what a stage answers to it, all at one scale with a colour bar. `activations` is what
/// `forward_to` gives for one image, without its first axis: [N, h, w] a picture per channel, [steps, width]
/// one picture, [width] a strip, or a square per class where `classes` names them. `shown` is of the
/// channels; the others show all.
torch::Tensor activation_sheet(const torch::Tensor& input, const torch::Tensor& activations,
                               const SheetContent& content, const std::vector<std::string>& classes);

}  // namespace fathom::cli
