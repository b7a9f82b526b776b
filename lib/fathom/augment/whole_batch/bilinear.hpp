/// Bilinear interpolation in small pictures, channel by channel. Internal to augment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fathom/augment/whole_batch/copy.hpp"

namespace fathom::augment {

/// Where an affine map sees each pixel of its result: at x = left[row] + across[column], y = top[row] +
/// down[column], in 1024ths of a pixel. They are read in 32nds, as OpenCV's warpAffine does, so that both
/// give the same picture.
struct Lattice {
  std::vector<int> across, down, left, top;
};
constexpr int kPlaceBits = 10, kShareBits = 5, kShares = 1 << kShareBits;

/// Which of three ways to the same result. Eight pixels at a time are looked up one by one, or in one gather:
/// faster on Intel's processors, but where they were mended against a leak, and slower on AMD's.
enum class Instructions { portable, avx2, avx2_gather };
/// The fastest one that this processor has.
Instructions fastest_instructions();

/// What is seen, rounded, to uint8 [channels, rows, columns]. All places must lie in the planes, with a
/// column to their right.
void interpolate(const Lattice& lattice, const PairedPlanes& planes, Instructions instructions,
                 std::uint8_t* to);

/// The three ways; but for the first, at least eight columns, and a processor that has AVX2.
void interpolate_portably(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to);
void interpolate_by_avx2(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to);
void interpolate_by_gather(const Lattice& lattice, const PairedPlanes& planes, std::uint8_t* to);

}  // namespace fathom::augment
