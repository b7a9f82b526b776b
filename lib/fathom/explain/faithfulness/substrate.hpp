/// The replacement for missing pixels, for measures that remove pixels.
///
///   const torch::Tensor nothing = substrate_picture({.colour = torch::tensor(mean)}, image);
///
/// No substrate is neutral. A colour is new content wherever the image has another colour: grey specks on a
/// black background can destroy a prediction faster than the loss of the evidence does, and black on black
/// removes nothing. A blur removes detail and adds no edges, but keeps coarse shapes. bench/substrates.cpp
/// shows how the choice affects the measures.
#pragma once

#include <torch/types.h>

namespace fathom::explain {

struct Substrate {
  torch::Tensor colour;  ///< float [C], in [0, 1]; undefined: the image itself, blurred
  double blur = 0.125;   ///< sigma of that blur as a share of the image's shorter side, in (0, 1]
};

/// The substrate of an image (float [1, C, H, W]), of the same shape, on the CPU. Throws InvalidArgument if
/// the image has another shape, the colour does not fit it or the blur is out of range.
torch::Tensor substrate_picture(const Substrate& substrate, const torch::Tensor& image);

}  // namespace fathom::explain
