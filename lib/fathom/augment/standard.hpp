/// The augmentation that small pictures are trained with: shifts and horizontal flips, on whole batches.
#pragma once

#include <torch/types.h>
#include <cstdint>
#include <string>

namespace fathom::augment {

struct StandardOptions {
  std::int64_t shift = 2;         ///< largest shift in pixels along each axis
  bool mirror_border = false;     ///< mirror the border instead of filling with black
  double flip_probability = 0.0;  ///< horizontal flip; 0 for digits and other pictures that have a handedness
};

/// What suits a data set of pictures with that shorter side: digits are shifted, clothes flipped; all
/// others, photographs among them, get shifts of a sixteenth of the side with a mirrored border, and flips.
StandardOptions standard_for(const std::string& data_set, std::int64_t side);

/// A batch uint8 [N, C, H, W] on the CPU to another of the same shape. Each picture draws its own shift (dy,
/// dx), uniform in [-shift, shift], and its flip from `generator`: out[y, x] = flipped[y - dy, x - dx]. A
/// mirrored border does not repeat the edge: position -1 shows what is at 1. Throws InvalidArgument where the
/// shift is negative or reaches the side, or the probability is outside [0, 1].
torch::Tensor standard(const torch::Tensor& images, const StandardOptions& options,
                       torch::Generator generator);

}  // namespace fathom::augment
