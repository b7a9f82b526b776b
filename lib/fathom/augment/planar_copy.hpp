/// Blocks of small pictures that lie channel by channel, moved without interpolation. Internal to this
/// folder.
#pragma once

#include "fathom/augment/planar.hpp"

namespace fathom::augment {

/// Keeps its memory where it is large enough; what it holds is then anything.
void reshape(PlanarPicture& picture, std::int64_t channels, Extent size);
/// A value in [0, 1] as a byte.
std::uint8_t level(double fill);

/// A part of the picture that may reach beyond it; `border` is OpenCV's type.
void copy_part(const PlanarView& from, PlanarPicture& to, const Patch& part, int border, double fill);
void copy_mirrored(const PlanarView& from, PlanarPicture& to, bool columns, bool rows);

}  // namespace fathom::augment
