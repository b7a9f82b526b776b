/// Copies, mirrors and fills parts of small planar pictures, without interpolation. Does not use OpenCV: one
/// OpenCV call takes longer than copying 28 x 28 pixels. Internal to augment.
#pragma once

#include <cstdint>
#include <vector>

#include "fathom/core/geometry.hpp"

namespace fathom::augment {

/// uint8 [channels, size.height, size.width]; does not own its memory.
struct ChannelPlanes {
  const std::uint8_t* pixels = nullptr;
  std::int64_t channels = 0;
  Extent size;
};

/// A value in [0, 1] as a byte.
std::uint8_t level(double fill);

/// Copies a part of the picture, which may extend beyond it, to uint8 [channels, part.height, part.width];
/// `border` is an OpenCV border type.
void copy_part(const ChannelPlanes& from, std::uint8_t* to, const Patch& part, int border, double fill);

/// Pairs each value with the one below it, the upper one in the low byte: uint16 [channels, height, width].
/// The four neighbours for bilinear interpolation are then contiguous.
struct PairedPlanes {
  std::vector<std::uint16_t> pairs;
  std::int64_t channels = 0, height = 0, width = 0;
};
/// Like copy_part, but in pairs and in reused memory; without the last row, which has no row below.
void pair_part(const ChannelPlanes& from, PairedPlanes& to, const Patch& part, int border, double fill);

void copy_mirrored(const ChannelPlanes& from, std::uint8_t* to, bool columns, bool rows);
/// Mirrors uint8 [channels, size.height, size.width] horizontally, in place.
void mirror_columns(std::uint8_t* pixels, std::int64_t channels, Extent size);

/// Copies the picture (unless it is already in `to`) and sets a patch of every channel to `fill`, with full
/// opacity.
void copy_covered(const ChannelPlanes& from, std::uint8_t* to, const Patch& covered, double fill);

}  // namespace fathom::augment
