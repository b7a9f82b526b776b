#include "fathom/augment/planar.hpp"

#include <algorithm>
#include <bit>
#include <climits>
#include <cmath>
#include <cstring>

#include <opencv2/core.hpp>

#include "fathom/augment/crop.hpp"
#include "fathom/augment/erasing.hpp"
#include "fathom/augment/kernel.hpp"

namespace fathom::augment {
namespace {

void reshape(PlanarPicture& picture, std::int64_t channels, Extent size) {
  picture.channels = channels;
  picture.size = size;
  picture.pixels.resize(static_cast<std::size_t>(channels * size.height * size.width));
}

std::uint8_t level(double fill) { return cv::saturate_cast<std::uint8_t>(255 * fill); }

/// The fill of what comes into view, per channel: of four the last is opacity, and there is none.
std::uint8_t outside_level(double fill, std::int64_t channel) { return channel == 3 ? 0 : level(fill); }

/// For every place along an axis of the result the place of the source that it shows; -1: outside. Most of an
/// axis is one straight run, which is copied as a block.
struct Axis {
  std::vector<int> places;
  std::size_t run_begin = 0, run_end = 0;
  bool backwards = false, blank = true;  // blank: nothing is seen beyond the run
};

/// start, start + step, ... (step 1 or -1), what is beyond the side by the border's rule.
void lay_out(Axis& axis, std::int64_t count, std::int64_t start, int step, std::int64_t side, int border) {
  axis.places.resize(static_cast<std::size_t>(count));
  axis.backwards = step < 0;
  axis.blank = border == cv::BORDER_CONSTANT;
  const std::int64_t before = step > 0 ? -start : start - (side - 1);
  axis.run_begin = static_cast<std::size_t>(std::clamp<std::int64_t>(before, 0, count));
  axis.run_end = static_cast<std::size_t>(std::clamp<std::int64_t>(before + side, 0, count));
  for (std::size_t i = 0; i < axis.places.size(); ++i) {
    const int at = static_cast<int>(start) + step * static_cast<int>(i);
    const bool inside = i >= axis.run_begin && i < axis.run_end;
    axis.places[i] = inside       ? at
                     : axis.blank ? -1
                                  : cv::borderInterpolate(at, static_cast<int>(side), border);
  }
}

void copy_eight_backwards(const std::uint8_t* from, std::uint8_t* to) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, from, 8);
  eight = __builtin_bswap64(eight);
  std::memcpy(to, &eight, 8);
}

/// Eight bytes at a time: a loop of bytes is what a flip would spend its time on.
void copy_backwards(const std::uint8_t* from, std::uint8_t* to, std::size_t count) {
  if (count < 8) {
    std::reverse_copy(from, from + count, to);
    return;
  }
  for (std::size_t done = 0; done + 8 <= count; done += 8)
    copy_eight_backwards(from + count - done - 8, to + done);
  copy_eight_backwards(from, to + count - 8);  // what is left, and some of it again
}

/// The rows of small pictures are too short for a call of memcpy to pay.
void copy_forwards(const std::uint8_t* from, std::uint8_t* to, std::size_t count) {
  if (count < 8 || count > 64) {
    std::memcpy(to, from, count);
    return;
  }
  for (std::size_t done = 0; done + 8 <= count; done += 8) std::memcpy(to + done, from + done, 8);
  std::memcpy(to + count - 8, from + count - 8, 8);  // what is left, and some of it again
}

/// A row of the result; with a blank border what is beyond the run is there already.
void copy_line(const std::uint8_t* line, std::uint8_t* to, const Axis& columns) {
  const auto beyond = [&](std::size_t first, std::size_t end) {
    if (columns.blank) return;
    for (std::size_t x = first; x < end; ++x) to[x] = line[columns.places[x]];
  };
  beyond(0, columns.run_begin);
  if (const std::size_t count = columns.run_end - columns.run_begin; count > 0) {
    if (columns.backwards)
      copy_backwards(line + columns.places[columns.run_end - 1], to + columns.run_begin, count);
    else
      copy_forwards(line + columns.places[columns.run_begin], to + columns.run_begin, count);
  }
  beyond(columns.run_end, columns.places.size());
}

void gather(const PlanarView& from, PlanarPicture& to, const Axis& rows, const Axis& columns, double fill) {
  reshape(to, from.channels, {std::ssize(rows.places), std::ssize(columns.places)});
  const std::size_t width = columns.places.size(), plane = rows.places.size() * width;
  const bool whole = rows.run_end - rows.run_begin == rows.places.size() &&
                     columns.run_end - columns.run_begin == columns.places.size();
  std::uint8_t* out = to.pixels.data();
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const std::uint8_t* const channel = from.pixels + c * from.size.height * from.size.width;
    if (columns.blank && !whole) std::fill_n(out, plane, outside_level(fill, c));
    for (const int row : rows.places) {
      if (row >= 0) copy_line(channel + row * from.size.width, out, columns);
      out += width;
    }
  }
}

/// What the pixels of a row of a warped picture are made of.
struct RowPlaces {
  std::vector<int> offsets;                 // of the upper left neighbour in the plane
  std::vector<std::uint16_t> right, below;  // shares of the neighbours there, in 32nds
  std::vector<std::uint16_t> upper, lower;  // pairs of neighbours, the left one in the low byte
};

/// Memory that one thread uses again for every picture.
struct Scratch {
  Axis rows, columns;
  PlanarPicture extended;
  std::vector<int> across, down;
  RowPlaces places;
};
Scratch& scratch() {
  thread_local Scratch reused;
  return reused;
}

void flip_columns(const Step&, const PlanarView& from, PlanarPicture& to) {
  Scratch& s = scratch();
  lay_out(s.rows, from.size.height, 0, 1, from.size.height, cv::BORDER_CONSTANT);
  lay_out(s.columns, from.size.width, from.size.width - 1, -1, from.size.width, cv::BORDER_CONSTANT);
  gather(from, to, s.rows, s.columns, 0);
}

void flip_rows(const Step&, const PlanarView& from, PlanarPicture& to) {
  Scratch& s = scratch();
  lay_out(s.rows, from.size.height, from.size.height - 1, -1, from.size.height, cv::BORDER_CONSTANT);
  lay_out(s.columns, from.size.width, 0, 1, from.size.width, cv::BORDER_CONSTANT);
  gather(from, to, s.rows, s.columns, 0);
}

void cut_part(const PlanarView& from, PlanarPicture& to, const Patch& part, int border, double fill) {
  Scratch& s = scratch();
  lay_out(s.rows, part.height, part.y, 1, from.size.height, border);
  lay_out(s.columns, part.width, part.x, 1, from.size.width, border);
  gather(from, to, s.rows, s.columns, fill);
}

/// values: padding, height, width, x, y, border, fill.
void crop_planes(const Step& step, const PlanarView& from, PlanarPicture& to) {
  cut_part(from, to, crop_part(step.values, from.size), border_type(step.values[5]), step.values[6]);
}

/// values: x, y, border, fill.
void translate_planes(const Step& step, const PlanarView& from, PlanarPicture& to) {
  const auto m = step.kind->matrix(step.values, from.size);
  cut_part(
      from, to,
      {-static_cast<std::int64_t>(m[5]), -static_cast<std::int64_t>(m[2]), from.size.height, from.size.width},
      border_type(step.values[2]), step.values[3]);
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

  explicit Lattice(const std::array<double, 6>& matrix, std::int64_t width)
      : inverse(inverted(matrix)), across(scratch().across), down(scratch().down) {
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

struct Span {
  int first = INT_MAX, last = INT_MIN;
  void include(int place) {
    first = std::min(first, place >> kShareBits);
    last = std::max(last, (place >> kShareBits) + 1);
  }
};

/// Affine maps have border and fill as their last two parameters. The part of the plane that is looked at is
/// laid out first, border and all, so that the loop over pixels need not ask where it is.
void warp_planes(const Step& step, const PlanarView& from, PlanarPicture& to) {
  const std::size_t parameters = step.kind->parameters.size();
  const int border = border_type(step.values[parameters - 2]);
  const std::int64_t width = from.size.width, height = from.size.height;
  const Lattice lattice(step.kind->matrix(step.values, from.size), width);

  Span columns, rows;  // an affine map has its extremes at the corners
  for (const auto y : {0., static_cast<double>(height - 1)})
    for (const std::size_t x : {std::size_t{0}, lattice.across.size() - 1}) {
      columns.include((lattice.left(y) + lattice.across[x]) >> kToShares);
      rows.include((lattice.top(y) + lattice.down[x]) >> kToShares);
    }
  // A lattice point may round to the neighbour of its corners' span.
  const std::int64_t left = columns.first - 1, top = rows.first - 1;
  PlanarPicture& plane = scratch().extended;
  cut_part(from, plane, {top, left, rows.last + 2 - top, columns.last + 2 - left}, border,
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
}

/// `f` on every row of the patch in every channel of a copy.
template <typename Function>
void on_part(const PlanarView& from, PlanarPicture& to, const Patch& part, const Function& f) {
  reshape(to, from.channels, from.size);
  std::copy_n(from.pixels, to.pixels.size(), to.pixels.begin());
  for (std::int64_t c = 0; c < from.channels; ++c)
    for (std::int64_t y = part.y; y < part.y + part.height; ++y)
      f(to.pixels.data() + (c * from.size.height + y) * from.size.width + part.x, c);
}

void cover(const PlanarView& from, PlanarPicture& to, const Patch& part, double fill) {
  on_part(from, to, part, [&](std::uint8_t* row, std::int64_t c) {
    std::fill_n(row, part.width, c == 3 ? std::uint8_t{255} : level(fill));
  });
}

/// values: size, x, y, fill.
void cutout_planes(const Step& step, const PlanarView& from, PlanarPicture& to) {
  cover(from, to, cutout_patch(step.values, from.size), step.values[3]);
}

/// values: area, ratio, x, y, fill, with, noise.
void erase_planes(const Step& step, const PlanarView& from, PlanarPicture& to) {
  const Patch part = erased_patch(step.values, from.size);
  const bool noise = step.values[5] != 0;
  cover(from, to, part, noise ? 0 : step.values[4]);
  if (!noise) return;
  Random random(static_cast<std::uint64_t>(step.values[6]));
  const std::int64_t width = from.size.width, plane = width * from.size.height;
  for (std::int64_t y = part.y; y < part.y + part.height; ++y)
    for (std::int64_t x = part.x; x < part.x + part.width; ++x)
      for (std::int64_t c = 0; c < std::min<std::int64_t>(3, from.channels); ++c)
        to.pixels[static_cast<std::size_t>(c * plane + y * width + x)] =
            static_cast<std::uint8_t>(random() >> 56U);
}

/// Whether what an affine map looks at is of the picture's order of size and near it. Where it is squeezed to
/// almost nothing, as by a shear of 45 degrees both ways, it is not.
bool looks_nearby(const Step& step, Extent size) {
  const auto m = inverted(step.kind->matrix(step.values, size));
  const auto width = static_cast<double>(size.width), height = static_cast<double>(size.height);
  double left = HUGE_VAL, right = -HUGE_VAL, top = HUGE_VAL, bottom = -HUGE_VAL;
  for (const double x : {0., width - 1})
    for (const double y : {0., height - 1}) {
      const double seen_x = m[0] * x + m[1] * y + m[2], seen_y = m[3] * x + m[4] * y + m[5];
      left = std::min(left, seen_x), right = std::max(right, seen_x);
      top = std::min(top, seen_y), bottom = std::max(bottom, seen_y);
    }
  constexpr double farthest = 8192, largest = 16;
  return std::max({-left, right, -top, bottom}) < farthest &&
         (right - left + 4) * (bottom - top + 4) < largest * (width + 4) * (height + 4);
}

using Function = void (*)(const Step&, const PlanarView&, PlanarPicture&);

/// By the number of the kind in the catalogue; null where there is none.
const std::vector<Function>& planar_functions() {
  static const std::vector<Function> all = [] {
    const std::vector<OperationKind>& kinds = operation_kinds();
    std::vector<Function> functions;
    for (const OperationKind& kind : kinds) functions.push_back(kind.matrix ? warp_planes : nullptr);
    const auto give = [&](const char* name, Function f) {
      functions[static_cast<std::size_t>(&operation_kind(name) - kinds.data())] = f;
    };
    give("hflip", flip_columns);
    give("vflip", flip_rows);
    give("translate", translate_planes);
    give("crop", crop_planes);
    give("cutout", cutout_planes);
    give("erasing", erase_planes);
    return functions;
  }();
  return all;
}

}  // namespace

bool run_planar(const Step& step, const PlanarView& from, PlanarPicture& to) {
  const auto number = static_cast<std::size_t>(step.kind - operation_kinds().data());
  const Function f = planar_functions()[number];
  if (!f || (f == warp_planes && !looks_nearby(step, from.size))) return false;
  f(step, from, to);
  return true;
}

}  // namespace fathom::augment
