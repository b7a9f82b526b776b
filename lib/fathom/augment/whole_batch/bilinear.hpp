/// Bilinear interpolation in small pictures, channel by channel. Internal to augment.
#pragma once

#include <cstdint>
#include <vector>

#include "fathom/augment/whole_batch/copy.hpp"

namespace fathom::augment {

/// The source position of each result pixel of an affine map: x = left[row] + across[column], y = top[row] +
/// down[column], in units of 1/1024 pixel. They are rounded to 1/32 pixel, as in OpenCV's warpAffine, so that
/// both give the same picture.
struct Lattice {
  std::vector<int> across, down, left, top;
};
constexpr int kPlaceBits = 10, kShareBits = 5, kShares = 1 << kShareBits;

/// Three implementations with the same result. The AVX2 versions process eight pixels at a time, with single
/// loads or with one gather instruction. Gather is faster on Intel, except with the Downfall (GDS) microcode
/// fix, and slower on AMD.
enum class Instructions { portable, avx2, avx2_gather };
/// The fastest one on this processor.
Instructions fastest_instructions();

/// Interpolates and rounds to uint8 [channels, rows, columns]. All positions must be inside the planes, with
/// one more column to their right.
void interpolate(const Lattice& lattice, const PairedPlanes& planes, Instructions instructions,
                 std::uint8_t* to);

/// The three implementations. All but the first need at least eight columns and a processor with AVX2.
void interpolate_portably(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to);
void interpolate_by_avx2(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to);
void interpolate_by_gather(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to);

}  // namespace fathom::augment
