#include "fathom/augment/whole_batch/warp.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <opencv2/core.hpp>

#include "fathom/augment/whole_batch/copy.hpp"

namespace fathom::augment {
namespace {

/// Memory that one thread uses again for every picture.
struct Scratch {
  PairedPlanes paired;
  Lattice lattice;
};
Scratch& scratch() {
  // Behind a pointer, as in copy.cpp.
  thread_local const auto reused = std::make_unique<Scratch>();
  return *reused;
}

std::array<double, 6> inverted(const std::array<double, 6>& m) {
  const double determinant = m[0] * m[4] - m[1] * m[3];
  const double factor = determinant != 0 ? 1 / determinant : 0;
  const double a = m[4] * factor, b = -m[1] * factor, d = -m[3] * factor, e = m[0] * factor;
  return {a, b, -a * m[2] - b * m[5], d, e, -d * m[2] - e * m[5]};
}

/// What an affine map looks at, from the centre of a pixel on.
struct Region {
  double left = HUGE_VAL, right = -HUGE_VAL, top = HUGE_VAL, bottom = -HUGE_VAL;
};

/// An affine map has its extremes at the corners.
Region seen_region(const std::array<double, 6>& inverse, Extent size) {
  Region seen;
  for (const double x : {0., static_cast<double>(size.width - 1)})
    for (const double y : {0., static_cast<double>(size.height - 1)}) {
      const double seen_x = inverse[0] * x + inverse[1] * y + inverse[2];
      const double seen_y = inverse[3] * x + inverse[4] * y + inverse[5];
      seen.left = std::min(seen.left, seen_x), seen.right = std::max(seen.right, seen_x);
      seen.top = std::min(seen.top, seen_y), seen.bottom = std::max(seen.bottom, seen_y);
    }
  return seen;
}

/// Whether it is near the picture and of its order of size. Where the picture is squeezed to almost nothing,
/// as by a scale of 0.05, it is not.
bool is_nearby(const Region& seen, Extent size) {
  constexpr double kFarthest = 8192, kLargest = 16;
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  return std::max({-seen.left, seen.right, -seen.top, seen.bottom}) < kFarthest &&
         (seen.right - seen.left + 4) * (seen.bottom - seen.top + 4) < kLargest * (width + 4) * (height + 4);
}

/// The part of the picture's plane that is looked at, with the right and lower neighbours, and a pixel more
/// all round for the rounding of places.
Patch part_looked_at(const Region& seen) {
  const auto left = static_cast<std::int64_t>(std::floor(seen.left)) - 1;
  const auto top = static_cast<std::int64_t>(std::floor(seen.top)) - 1;
  const auto right = static_cast<std::int64_t>(std::floor(seen.right)) + 3;
  const auto bottom = static_cast<std::int64_t>(std::floor(seen.bottom)) + 3;
  return {top, left, bottom - top, right - left};
}

int fixed_place(double place) { return cv::saturate_cast<int>(place * (1 << kPlaceBits)); }

/// What the map sees, as places in that part; rounded where OpenCV's warpAffine rounds.
void lay_out_places(const std::array<double, 6>& inverse, Extent size, const Patch& part, Lattice& lattice) {
  const auto rows = static_cast<std::size_t>(size.height), columns = static_cast<std::size_t>(size.width);
  lattice.across.resize(columns), lattice.down.resize(columns);
  for (std::size_t x = 0; x < columns; ++x) {
    lattice.across[x] = fixed_place(inverse[0] * static_cast<double>(x));
    lattice.down[x] = fixed_place(inverse[3] * static_cast<double>(x));
  }
  constexpr int kHalfShare = 1 << (kPlaceBits - kShareBits - 1);
  const int from_left = kHalfShare - (static_cast<int>(part.x) << kPlaceBits);
  const int from_top = kHalfShare - (static_cast<int>(part.y) << kPlaceBits);
  lattice.left.resize(rows), lattice.top.resize(rows);
  for (std::size_t y = 0; y < rows; ++y) {
    lattice.left[y] = fixed_place(inverse[1] * static_cast<double>(y) + inverse[2]) + from_left;
    lattice.top[y] = fixed_place(inverse[4] * static_cast<double>(y) + inverse[5]) + from_top;
  }
}

}  // namespace

// The part of the plane that is looked at is laid out first, border and all, so that the loop over pixels
// need not ask where it is.
bool warp_planes(const ChannelPlanes& from, std::uint8_t* to, const std::array<double, 6>& matrix, int border,
                 double fill, Instructions instructions) {
  const std::array<double, 6> inverse = inverted(matrix);
  const Region seen = seen_region(inverse, from.size);
  if (!is_nearby(seen, from.size)) return false;

  const Patch part = part_looked_at(seen);
  Scratch& s = scratch();
  pair_part(from, s.paired, part, border, fill);
  lay_out_places(inverse, from.size, part, s.lattice);
  interpolate(s.lattice, s.paired, instructions, to);
  return true;
}

}  // namespace fathom::augment
