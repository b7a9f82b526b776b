/// What stands where a pixel is missing, for measures that take pixels away.
///
///   const torch::Tensor nothing = substrate_picture({.colour = torch::tensor(mean)}, image);
///
/// There is no neutral one. A colour is new content wherever the image is not of that colour: grey specks on
/// a black background can undo an answer faster than the loss of what it hangs on, and black on black takes
/// nothing away. A blur takes away detail and adds no edge, but leaves coarse shapes. bench/substrates.cpp
/// measures what the choice does to the measures.
#pragma once

#include <torch/types.h>

namespace fathom::explain {

struct Substrate {
  torch::Tensor colour;  ///< float [C], in [0, 1]; undefined: the image itself, blurred
  double blur = 0.125;   ///< sigma of that blur as a share of the image's shorter side, in (0, 1]
};

/// The substrate of an image (float [1, C, H, W]), of the same shape, on the CPU. Throws InvalidArgument
/// where the image is none, the colour does not fit it or the blur is out of range.
torch::Tensor substrate_picture(const Substrate& substrate, const torch::Tensor& image);

}  // namespace fathom::explain
