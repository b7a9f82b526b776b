/// Draws signed maps as colours: blue for negative, white for zero, red for positive, on a symmetric scale.
/// The colours are distinguishable for colour-blind readers (the red-blue diverging scale of ColorBrewer,
/// Brewer 2003).
#pragma once

#include <torch/types.h>
#include <string>

namespace fathom::draw {

/// Half-width of the scale: the largest absolute value of the map; 1 if the map is all zero.
double symmetric_limit(const torch::Tensor& map);

/// float [H, W] to RGB uint8 [3, H, W]: -limit is full blue, 0 is white, +limit is full red; values beyond
/// are clamped; NaN is grey.
torch::Tensor diverging_colours(const torch::Tensor& map, double limit);

/// Draws the map over the picture. The picture is drawn in pale grey. The map is resized to it (linear;
/// nearest if `pixelated`) and blended with an opacity that grows with |value|, so that the picture is
/// visible where the map is close to zero. picture uint8 [C, H, W], map float [h, w] of any size.
torch::Tensor overlay(const torch::Tensor& picture, const torch::Tensor& map, double limit,
                      bool pixelated = false);

/// A vertical scale from +limit (top) to -limit, or to 0 if `from_zero`, with ticks at both ends and at zero,
/// and a label beside the numbers; RGB [3, height, 104].
torch::Tensor colour_bar(double limit, std::int64_t height, const std::string& label, bool from_zero = false);

}  // namespace fathom::draw
