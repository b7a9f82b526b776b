#include "fathom/augment/whole_batch/copy.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <type_traits>

#include <opencv2/core.hpp>

namespace fathom::augment {
namespace {

/// The fill of what comes into view, per channel: of four the last is opacity, and there is none.
std::uint8_t outside_level(double fill, std::int64_t channel) { return channel == 3 ? 0 : level(fill); }

/// For every place along an axis of the result the place of the source that it shows. Most of an axis is one
/// straight run, which is copied as a block.
struct Axis {
  std::vector<int> places;
  std::int64_t run_begin = 0, run_end = 0;
  bool backwards = false, blank = true;  // blank: nothing is seen beyond the run

  std::int64_t count() const { return std::ssize(places); }
  std::int64_t run() const { return run_end - run_begin; }
  /// Where something is seen.
  std::int64_t first() const { return blank ? run_begin : 0; }
  std::int64_t end() const { return blank ? run_end : count(); }
};

/// start, start + step, ... (step 1 or -1), what is beyond the side by the border's rule.
void lay_out(Axis& axis, std::int64_t count, std::int64_t start, int step, std::int64_t side, int border) {
  axis.places.resize(static_cast<std::size_t>(count));
  axis.backwards = step < 0;
  axis.blank = border == cv::BORDER_CONSTANT;
  for (std::size_t i = 0; i < axis.places.size(); ++i)
    axis.places[i] = static_cast<int>(start) + step * static_cast<int>(i);
  const std::int64_t before = step > 0 ? -start : start - (side - 1);
  axis.run_begin = std::clamp<std::int64_t>(before, 0, count);
  axis.run_end = std::clamp<std::int64_t>(before + side, 0, count);
  if (axis.blank) return;
  const auto interpolate_beyond = [&](std::int64_t first, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(end); ++i)
      axis.places[i] = cv::borderInterpolate(axis.places[i], static_cast<int>(side), border);
  };
  interpolate_beyond(0, axis.run_begin);
  interpolate_beyond(axis.run_end, count);
}

/// Memory that one thread uses again for every picture.
struct Axes {
  Axis rows, columns;
  std::vector<std::uint8_t> blank_line;
};

template <std::size_t N>
using Bytes = std::integral_constant<std::size_t, N>;

/// f(Bytes<N>) with N <= count <= 2N, so that a piece of N bytes at the front and one at the back, which may
/// overlap, are the whole; Bytes<0> where that does not pay. With N known, what is done to a piece is a few
/// instructions: the rows of small pictures are too short for a call of memcpy.
template <typename Function>
void with_piece(std::int64_t count, const Function& f) {
  if (count < 8 || count > 64) return f(Bytes<0>());
  if (count <= 16) return f(Bytes<8>());
  if (count <= 32) return f(Bytes<16>());
  f(Bytes<32>());
}

template <std::size_t N>
void copy_forwards(const std::uint8_t* from, std::uint8_t* to, std::int64_t count) {
  if constexpr (N == 0) {
    std::memcpy(to, from, static_cast<std::size_t>(count));
  } else {
    const std::int64_t back = count - static_cast<std::int64_t>(N);
    std::memcpy(to, from, N);
    std::memcpy(to + back, from + back, N);
  }
}

/// Eight bytes at a time: a loop of bytes is what a flip would spend its time on.
template <std::size_t N>
void mirror_piece(const std::uint8_t* from, std::uint8_t* to) {
  for (std::size_t i = 0; i < N; i += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, from + N - 8 - i, 8);
    eight = __builtin_bswap64(eight);
    std::memcpy(to + i, &eight, 8);
  }
}

template <std::size_t N>
void copy_backwards(const std::uint8_t* from, std::uint8_t* to, std::int64_t count) {
  if constexpr (N == 0) {
    for (; count >= 8; count -= 8, to += 8) mirror_piece<8>(from + count - 8, to);
    std::reverse_copy(from, from + count, to);
  } else {
    const std::int64_t back = count - static_cast<std::int64_t>(N);
    mirror_piece<N>(from, to + back);
    mirror_piece<N>(from + back, to);
  }
}

/// Both pieces are read before either is written.
template <std::size_t N>
void mirror_row(std::uint8_t* row, std::int64_t count) {
  if constexpr (N == 0) {
    std::reverse(row, row + count);
  } else {
    std::uint8_t front[N], back[N];
    std::uint8_t* const last = row + count - N;
    std::memcpy(front, row, N);
    std::memcpy(back, last, N);
    mirror_piece<N>(front, last);
    mirror_piece<N>(back, row);
  }
}

template <std::size_t N>
void fill_row(std::uint8_t* row, std::int64_t count, std::uint8_t value) {
  if constexpr (N == 0) {
    std::memset(row, value, static_cast<std::size_t>(count));
  } else {
    std::memset(row, value, N);
    std::memset(row + count - N, value, N);
  }
}

/// A picture's channel, or what is made of it.
template <typename Value>
struct Plane {
  Value* values;
  std::int64_t width;
  Value* line(std::int64_t y) const { return values + y * width; }
};

/// What is seen in one channel; the rest is left as it is.
void copy_seen(const Plane<const std::uint8_t>& from, const Plane<std::uint8_t>& to, const Axes& axes) {
  const Axis &rows = axes.rows, &columns = axes.columns;
  const std::int64_t begin = columns.run_begin, run = columns.run(), end = rows.end();
  const int* const places = rows.places.data();
  if (run > 0)
    with_piece(run, [&](auto piece) {
      const int leftmost = std::min(columns.places[static_cast<std::size_t>(begin)],
                                    columns.places[static_cast<std::size_t>(columns.run_end - 1)]);
      for (std::int64_t y = rows.first(); y < end; ++y)
        if (columns.backwards)
          copy_backwards<piece>(from.line(places[y]) + leftmost, to.line(y) + begin, run);
        else
          copy_forwards<piece>(from.line(places[y]) + leftmost, to.line(y) + begin, run);
    });
  const auto copy_column = [&](std::int64_t x) {
    const int place = columns.places[static_cast<std::size_t>(x)];
    for (std::int64_t y = rows.first(); y < end; ++y) to.line(y)[x] = from.line(places[y])[place];
  };
  for (std::int64_t x = columns.first(); x < begin; ++x) copy_column(x);
  for (std::int64_t x = columns.run_end; x < columns.end(); ++x) copy_column(x);
}

void gather(const ChannelPlanes& from, std::uint8_t* to, const Axes& axes, double fill) {
  const std::int64_t width = axes.columns.count(), made = axes.rows.count() * width;
  const bool whole = axes.rows.run() == axes.rows.count() && axes.columns.run() == width;
  for (std::int64_t c = 0; c < from.channels; ++c, to += made) {
    if (axes.rows.blank && !whole) std::memset(to, outside_level(fill, c), static_cast<std::size_t>(made));
    const std::uint8_t* const channel = from.pixels + c * from.size.height * from.size.width;
    copy_seen({channel, from.size.width}, {to, width}, axes);
  }
}

std::uint16_t paired(std::uint8_t upper, std::uint8_t lower) {
  return static_cast<std::uint16_t>(upper | lower << 8);
}

/// __restrict: or else bytes could be what the pairs are written over, and nothing would be vectorised.
template <std::size_t N>
void pair_piece(const std::uint8_t* __restrict upper, const std::uint8_t* __restrict lower,
                std::uint16_t* __restrict to) {
  for (std::size_t i = 0; i < N; ++i) to[i] = paired(upper[i], lower[i]);
}

template <std::size_t N>
void pair_lines(const std::uint8_t* upper, const std::uint8_t* lower, std::uint16_t* to, std::int64_t count) {
  if constexpr (N == 0) {
    for (; count >= 16; count -= 16, upper += 16, lower += 16, to += 16) pair_piece<16>(upper, lower, to);
    for (std::int64_t i = 0; i < count; ++i) to[i] = paired(upper[i], lower[i]);
  } else {
    const std::int64_t back = count - static_cast<std::int64_t>(N);
    pair_piece<N>(upper, lower, to);
    pair_piece<N>(upper + back, lower + back, to + back);
  }
}

/// As copy_seen, with `blank_line` where nothing is seen above or below.
void pair_seen(const Plane<const std::uint8_t>& from, const Plane<std::uint16_t>& to, const Axes& axes) {
  const Axis &rows = axes.rows, &columns = axes.columns;
  const auto line_at = [&](std::int64_t y) {
    const bool is_seen = y >= rows.first() && y < rows.end();
    return is_seen ? from.line(rows.places[static_cast<std::size_t>(y)]) : axes.blank_line.data();
  };
  const std::int64_t begin = columns.run_begin, run = columns.run();
  const std::int64_t first = std::max<std::int64_t>(0, rows.first() - 1);
  const std::int64_t end = std::min(rows.end(), rows.count() - 1);
  with_piece(run, [&](auto piece) {
    const std::uint8_t* upper = line_at(first);
    const int leftmost = run > 0 ? columns.places[static_cast<std::size_t>(begin)] : 0;
    for (std::int64_t y = first; y < end; ++y) {
      const std::uint8_t* const lower = line_at(y + 1);
      pair_lines<piece>(upper + leftmost, lower + leftmost, to.line(y) + begin, run);
      upper = lower;
    }
  });
  const auto pair_column = [&](std::int64_t x) {
    const int place = columns.places[static_cast<std::size_t>(x)];
    for (std::int64_t y = first; y < end; ++y)
      to.line(y)[x] = paired(line_at(y)[place], line_at(y + 1)[place]);
  };
  for (std::int64_t x = columns.first(); x < begin; ++x) pair_column(x);
  for (std::int64_t x = columns.run_end; x < columns.end(); ++x) pair_column(x);
}

Axes& axes() {
  // Behind a pointer: the address of a thread's own object would be asked for again in every loop.
  thread_local const auto reused = std::make_unique<Axes>();
  return *reused;
}

}  // namespace

std::uint8_t level(double fill) { return cv::saturate_cast<std::uint8_t>(255 * fill); }

void copy_part(const ChannelPlanes& from, std::uint8_t* to, const Patch& part, int border, double fill) {
  Axes& s = axes();
  lay_out(s.rows, part.height, part.y, 1, from.size.height, border);
  lay_out(s.columns, part.width, part.x, 1, from.size.width, border);
  gather(from, to, s, fill);
}

void pair_part(const ChannelPlanes& from, PairedPlanes& to, const Patch& part, int border, double fill) {
  Axes& s = axes();
  lay_out(s.rows, part.height, part.y, 1, from.size.height, border);
  lay_out(s.columns, part.width, part.x, 1, from.size.width, border);
  to.channels = from.channels, to.height = part.height - 1, to.width = part.width;
  const std::int64_t made = to.height * to.width;
  to.pairs.resize(static_cast<std::size_t>(to.channels * made));
  for (std::int64_t c = 0; c < to.channels; ++c) {
    std::uint16_t* const pairs = to.pairs.data() + c * made;
    if (s.rows.blank) {
      s.blank_line.assign(static_cast<std::size_t>(from.size.width), outside_level(fill, c));
      std::memset(pairs, outside_level(fill, c), static_cast<std::size_t>(made) * sizeof(std::uint16_t));
    }
    const std::uint8_t* const channel = from.pixels + c * from.size.height * from.size.width;
    pair_seen({channel, from.size.width}, {pairs, to.width}, s);
  }
}

void copy_mirrored(const ChannelPlanes& from, std::uint8_t* to, bool columns, bool rows) {
  const auto [height, width] = from.size;
  Axes& s = axes();
  lay_out(s.rows, height, rows ? height - 1 : 0, rows ? -1 : 1, height, cv::BORDER_CONSTANT);
  lay_out(s.columns, width, columns ? width - 1 : 0, columns ? -1 : 1, width, cv::BORDER_CONSTANT);
  gather(from, to, s, 0);
}

void mirror_columns(std::uint8_t* pixels, std::int64_t channels, Extent size) {
  with_piece(size.width, [&](auto piece) {
    for (std::int64_t y = 0; y < channels * size.height; ++y, pixels += size.width)
      mirror_row<piece>(pixels, size.width);
  });
}

void copy_covered(const ChannelPlanes& from, std::uint8_t* to, const Patch& covered, double fill) {
  const std::int64_t width = from.size.width, plane = from.size.height * width;
  if (to != from.pixels) std::memcpy(to, from.pixels, static_cast<std::size_t>(from.channels * plane));
  for (std::int64_t c = 0; c < from.channels; ++c) {
    const std::uint8_t value = c == 3 ? 255 : level(fill);
    std::uint8_t* row = to + c * plane + covered.y * width + covered.x;
    with_piece(covered.width, [&](auto piece) {
      for (std::int64_t y = 0; y < covered.height; ++y, row += width)
        fill_row<piece>(row, covered.width, value);
    });
  }
}

}  // namespace fathom::augment
