/// Small pictures whose channels lie one after the other: parts of them copied, mirrored and filled without
/// interpolation. Not by OpenCV: a call of it takes longer than the copy of 28 x 28 pixels. Internal to
/// augment.
#pragma once

#include <cstdint>
#include <vector>

#include "fathom/core/geometry.hpp"

namespace fathom::augment {

/// uint8 [channels, size.height, size.width] in another's memory.
struct ChannelPlanes {
  const std::uint8_t* pixels = nullptr;
  std::int64_t channels = 0;
  Extent size;
};

/// A value in [0, 1] as a byte.
std::uint8_t level(double fill);

/// A part of the picture that may reach beyond it, to uint8 [channels, part.height, part.width]; `border` is
/// OpenCV's type.
void copy_part(const ChannelPlanes& from, std::uint8_t* to, const Patch& part, int border, double fill);

/// A picture with each value beside the one below it, the upper one in the low byte: uint16 [channels,
/// height, width]. The four neighbours between which a pixel is seen then lie in one piece.
struct PairedPlanes {
  std::vector<std::uint16_t> pairs;
  std::int64_t channels = 0, height = 0, width = 0;
};
/// The same as copy_part in pairs, in memory that is used again; without the last row, which has none below.
void pair_part(const ChannelPlanes& from, PairedPlanes& to, const Patch& part, int border, double fill);

void copy_mirrored(const ChannelPlanes& from, std::uint8_t* to, bool columns, bool rows);
/// uint8 [channels, size.height, size.width] left to right, in place.
void mirror_columns(std::uint8_t* pixels, std::int64_t channels, Extent size);

/// A copy, or the picture itself where it lies in `to`, in which a patch of every channel has the value
/// `fill`; opacity is full there.
void copy_covered(const ChannelPlanes& from, std::uint8_t* to, const Patch& covered, double fill);

}  // namespace fathom::augment
