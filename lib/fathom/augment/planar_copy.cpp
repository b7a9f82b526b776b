#include "fathom/augment/planar_copy.hpp"

#include <algorithm>
#include <cstring>

#include <opencv2/core.hpp>

namespace fathom::augment {
namespace {

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

/// Memory that one thread uses again for every picture.
struct Axes {
  Axis rows, columns;
};
Axes& axes() {
  thread_local Axes reused;
  return reused;
}

}  // namespace

void reshape(PlanarPicture& picture, std::int64_t channels, Extent size) {
  picture.channels = channels;
  picture.size = size;
  picture.pixels.resize(static_cast<std::size_t>(channels * size.height * size.width));
}

std::uint8_t level(double fill) { return cv::saturate_cast<std::uint8_t>(255 * fill); }

void copy_part(const PlanarView& from, PlanarPicture& to, const Patch& part, int border, double fill) {
  Axes& s = axes();
  lay_out(s.rows, part.height, part.y, 1, from.size.height, border);
  lay_out(s.columns, part.width, part.x, 1, from.size.width, border);
  gather(from, to, s.rows, s.columns, fill);
}

void copy_mirrored(const PlanarView& from, PlanarPicture& to, bool columns, bool rows) {
  const auto [height, width] = from.size;
  Axes& s = axes();
  lay_out(s.rows, height, rows ? height - 1 : 0, rows ? -1 : 1, height, cv::BORDER_CONSTANT);
  lay_out(s.columns, width, columns ? width - 1 : 0, columns ? -1 : 1, width, cv::BORDER_CONSTANT);
  gather(from, to, s.rows, s.columns, 0);
}

}  // namespace fathom::augment
