#include "fathom/augment/planar_warp.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <opencv2/core.hpp>

#include "fathom/augment/kernel.hpp"
#include "fathom/augment/planar_copy.hpp"

namespace fathom::augment {
namespace {

/// What the pixels of a row of a warped picture are made of.
struct RowPlaces {
  std::vector<int> offsets;                 // of the upper left neighbour in the plane
  std::vector<std::uint16_t> right, below;  // shares of the neighbours there, in 32nds
  std::vector<std::uint16_t> upper, lower;  // pairs of neighbours, the left one in the low byte
};

/// Memory that one thread uses again for every picture.
struct Scratch {
  PlanarPicture extended;
  std::vector<int> across, down;
  RowPlaces places;
};
Scratch& scratch() {
  thread_local Scratch reused;
  return reused;
}

std::array<double, 6> inverted(const std::array<double, 6>& m) {
  const double determinant = m[0] * m[4] - m[1] * m[3];
  const double factor = determinant != 0 ? 1 / determinant : 0;
  const double a = m[4] * factor, b = -m[1] * factor, d = -m[3] * factor, e = m[0] * factor;
  return {a, b, -a * m[2] - b * m[5], d, e, -d * m[2] - e * m[5]};
}

/// Places are kept in 1024ths of a pixel and read in 32nds, as OpenCV's warpAffine does, so that both give
/// the same picture.
constexpr int kPlaceBits = 10, kShareBits = 5, kShares = 1 << kShareBits;

int fixed_place(double place) { return cv::saturate_cast<int>(place * (1 << kPlaceBits)); }

/// The places of a row of the result in the source, in 32nds: across[x] + left of x, down[x] + top of y.
struct Lattice {
  std::array<double, 6> inverse;
  std::vector<int>&across, &down;

  Lattice(const std::array<double, 6>& map, std::int64_t width)
      : inverse(map), across(scratch().across), down(scratch().down) {
    across.resize(static_cast<std::size_t>(width));
    down.resize(static_cast<std::size_t>(width));
    for (std::size_t x = 0; x < across.size(); ++x) {
      across[x] = fixed_place(inverse[0] * static_cast<double>(x));
      down[x] = fixed_place(inverse[3] * static_cast<double>(x));
    }
  }
  static constexpr int kHalfShare = 1 << (kPlaceBits - kShareBits - 1);
  int left(double row) const { return fixed_place(inverse[1] * row + inverse[2]) + kHalfShare; }
  int top(double row) const { return fixed_place(inverse[4] * row + inverse[5]) + kHalfShare; }
};

constexpr int kToShares = kPlaceBits - kShareBits;

// Three plain loops over a row, each of which the compiler turns into vector instructions, but for the middle
// one, which looks up what lies at places that only then are known.

/// `origin`: where the picture's first pixel lies in the plane.
void locate(int origin, int first_x, int first_y, const int* __restrict across, const int* __restrict down,
            int stride, std::size_t count, RowPlaces& row) {
  int* __restrict offsets = row.offsets.data();
  std::uint16_t* __restrict right = row.right.data(), * __restrict below = row.below.data();
  for (std::size_t i = 0; i < count; ++i) {
    const int x = (first_x + across[i]) >> kToShares, y = (first_y + down[i]) >> kToShares;
    offsets[i] = origin + (y >> kShareBits) * stride + (x >> kShareBits);
    right[i] = static_cast<std::uint16_t>(x & (kShares - 1));
    below[i] = static_cast<std::uint16_t>(y & (kShares - 1));
  }
}

/// Two neighbours, the left one in the low byte. GCC does not merge the two loads by itself.
std::uint16_t pair_at(const std::uint8_t* left) {
  if constexpr (std::endian::native == std::endian::little) {
    std::uint16_t both = 0;
    std::memcpy(&both, left, 2);
    return both;
  }
  return static_cast<std::uint16_t>(left[0] | left[1] << 8);
}

void look_up(const std::uint8_t* plane, int stride, std::size_t count, RowPlaces& row) {
  const int* const offsets = row.offsets.data();
  std::uint16_t *const upper = row.upper.data(), *const lower = row.lower.data();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const at = plane + offsets[i];
    upper[i] = pair_at(at);
    lower[i] = pair_at(at + stride);
  }
}

void blend(const RowPlaces& row, std::size_t count, std::uint8_t* __restrict out) {
  const std::uint16_t *const right = row.right.data(), *const below = row.below.data();
  const std::uint16_t *const upper = row.upper.data(), *const lower = row.lower.data();
  for (std::size_t i = 0; i < count; ++i) {
    const auto top =
        static_cast<std::uint16_t>((upper[i] & 0xff) * (kShares - right[i]) + (upper[i] >> 8) * right[i]);
    const auto bottom =
        static_cast<std::uint16_t>((lower[i] & 0xff) * (kShares - right[i]) + (lower[i] >> 8) * right[i]);
    out[i] = static_cast<std::uint8_t>(
        (top * (kShares - below[i]) + bottom * below[i] + kShares * kShares / 2) >> (2 * kShareBits));
  }
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
/// as by a shear of 45 degrees both ways, it is not.
bool is_nearby(const Region& seen, Extent size) {
  constexpr double farthest = 8192, largest = 16;
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  return std::max({-seen.left, seen.right, -seen.top, seen.bottom}) < farthest &&
         (seen.right - seen.left + 4) * (seen.bottom - seen.top + 4) < largest * (width + 4) * (height + 4);
}

}  // namespace

// The part of the plane that is looked at is laid out first, border and all, so that the loop over pixels
// need not ask where it is.
bool warp_planes(const Step& step, const PlanarView& from, PlanarPicture& to) {
  const std::array<double, 6> inverse = inverted(step.kind->matrix(step.values, from.size));
  const Region seen = seen_region(inverse, from.size);
  if (!is_nearby(seen, from.size)) return false;

  const std::size_t parameters = step.kind->parameters.size();
  const std::int64_t width = from.size.width, height = from.size.height;
  const Lattice lattice(inverse, width);
  // With the right and lower neighbours, and a pixel more all round for the rounding of places.
  const auto left = static_cast<std::int64_t>(std::floor(seen.left)) - 1;
  const auto top = static_cast<std::int64_t>(std::floor(seen.top)) - 1;
  const auto right = static_cast<std::int64_t>(std::floor(seen.right)) + 3;
  const auto bottom = static_cast<std::int64_t>(std::floor(seen.bottom)) + 3;
  PlanarPicture& plane = scratch().extended;
  copy_part(from, plane, {top, left, bottom - top, right - left}, border_type(step.values[parameters - 2]),
            step.values[parameters - 1]);

  reshape(to, from.channels, from.size);
  const std::int64_t stride = plane.size.width;
  const auto count = static_cast<std::size_t>(width);
  RowPlaces& places = scratch().places;
  places.offsets.resize(count);
  for (auto* each : {&places.right, &places.below, &places.upper, &places.lower}) each->resize(count);
  for (std::int64_t y = 0; y < height; ++y) {
    locate(static_cast<int>(-top * stride - left), lattice.left(static_cast<double>(y)),
           lattice.top(static_cast<double>(y)), lattice.across.data(), lattice.down.data(),
           static_cast<int>(stride), count, places);
    for (std::int64_t c = 0; c < from.channels; ++c) {
      const std::uint8_t* const channel = plane.pixels.data() + c * plane.size.height * stride;
      look_up(channel, static_cast<int>(stride), count, places);
      blend(places, count, to.pixels.data() + (c * height + y) * width);
    }
  }
  return true;
}

}  // namespace fathom::augment
