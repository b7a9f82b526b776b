/// Operations on small pictures that lie channel by channel, without OpenCV: a call of it costs more than 28
/// x 28 pixels do. Internal to this folder.
#pragma once

#include <cstdint>

#include "fathom/augment/operation.hpp"

namespace fathom::augment {

/// uint8 [channels, size.height, size.width] in another's memory.
struct PlanarView {
  const std::uint8_t* pixels = nullptr;
  std::int64_t channels = 0;
  Extent size;
};

/// Whether a step may write over the picture it is given: cutout, erasing and hflip may.
bool may_overwrite(const Step& step);

/// What the step makes of a picture, into `to`, which has room for it and is other memory, unless the step
/// may overwrite; the same as OpenCV makes, to within a level where pixels are interpolated. False, and
/// nothing done, where this step has no such form: flips, all that is one affine map, crops, cutout and
/// erasing have one.
bool run_planar(const Step& step, const PlanarView& from, std::uint8_t* to);

}  // namespace fathom::augment
