/// Affine maps of small pictures that lie channel by channel. Internal to this folder.
#pragma once

#include "fathom/augment/whole_batch/bilinear.hpp"
#include "fathom/augment/whole_batch/steps.hpp"

namespace fathom::augment {

/// For a step of a kind with a matrix, whose last two parameters are border and fill. False where the map
/// looks so far away or at so much that OpenCV's way, pixel by pixel, is the better one.
bool warp_planes(const Step& step, const PlanarView& from, Instructions instructions, std::uint8_t* to);

}  // namespace fathom::augment
