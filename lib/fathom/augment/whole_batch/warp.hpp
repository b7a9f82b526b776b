/// Affine maps of small pictures, channel by channel. Internal to augment.
#pragma once

#include <array>
#include <cstdint>

#include "fathom/augment/whole_batch/bilinear.hpp"

namespace fathom::augment {

/// Maps the picture by `matrix` (OperationKind::matrix) to uint8 [channels, size.height, size.width] in other
/// memory; `border` is OpenCV's type. Returns false, and does nothing, if the map reads so far outside the
/// picture or from so large an area that OpenCV is faster.
bool warp_planes(const ChannelPlanes& from, std::uint8_t* to, const std::array<double, 6>& matrix, int border,
                 double fill, Instructions instructions);

}  // namespace fathom::augment
