#include "fathom/image/formats/bmp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

#include "fathom/core/error.hpp"
#include "fathom/core/text.hpp"

namespace fathom::image {
namespace {

// The file's header has 14 bytes; behind it, the picture's begins with its own length.
constexpr std::size_t kHeaderAt = 14, kOldHeader = 12, kPlainHeader = 40, kHeaderWithAlpha = 56;
constexpr std::uint32_t kPlainRows = 0, kBitFields = 3, kAlphaBitFields = 6;

std::uint32_t little_number(std::string_view bytes, std::size_t at, std::size_t count,
                            const std::string& cannot) {
  if (at > bytes.size() || count > bytes.size() - at)
    throw FormatError(
        fmt::format("{}file ends after {} bytes (interrupted copy?)", cannot, grouped(bytes.size())));
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value |= std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} << (8 * i);
  return value;
}

/// What the header says of the pixels.
struct BmpLayout {
  std::uint32_t bits = 0, compression = kPlainRows;
  bool from_top = false;
  std::size_t data_at = 0, row_bytes = 0;
  std::array<std::uint32_t, 4> masks = {};  // of 16 bits: red, green, blue, opacity
};

void read_bmp_masks(BmpLayout& layout, std::string_view bytes, const std::string& cannot) {
  layout.masks = {0x7c00, 0x3e0, 0x1f, 0};
  if (layout.compression == kPlainRows) return;
  const std::size_t header = little_number(bytes, kHeaderAt, 4, cannot);
  const bool has_alpha = header >= kHeaderWithAlpha || layout.compression == kAlphaBitFields;
  for (std::size_t i = 0; i < (has_alpha ? 4 : 3); ++i)
    layout.masks[i] = little_number(bytes, kHeaderAt + kPlainHeader + 4 * i, 4, cannot);
}

BmpLayout bmp_layout(const std::string& bytes, Extent size, const std::string& cannot) {
  const auto number = [&](std::size_t at, std::size_t count) {
    return little_number(bytes, at, count, cannot);
  };
  BmpLayout layout;
  layout.data_at = number(10, 4);
  const bool old = number(kHeaderAt, 4) == kOldHeader;
  layout.bits = number(old ? 24 : 28, 2);
  if (!old) {
    layout.compression = number(30, 4);
    layout.from_top = (number(22, 4) & 0x80000000) != 0;
  }
  constexpr std::uint32_t kKnown[] = {1, 2, 4, 8, 16};
  const bool is_known = std::find(std::begin(kKnown), std::end(kKnown), layout.bits) != std::end(kKnown);
  const bool has_fields = layout.compression == kBitFields || layout.compression == kAlphaBitFields;
  if (!is_known || (layout.compression != kPlainRows && (!has_fields || layout.bits != 16)))
    throw FormatError(fmt::format("{}a BMP file of {} bits with compression {} is not read", cannot,
                                  layout.bits, layout.compression));
  layout.row_bytes = (static_cast<std::size_t>(size.width) * layout.bits + 31) / 32 * 4;
  const std::size_t needed = layout.row_bytes * static_cast<std::size_t>(size.height);
  if (layout.data_at > bytes.size() || needed > bytes.size() - layout.data_at)
    throw FormatError(fmt::format("{}file ends after {} of {} bytes (interrupted copy?)", cannot,
                                  grouped(bytes.size()), grouped(layout.data_at + needed)));
  if (layout.bits == 16) read_bmp_masks(layout, bytes, cannot);
  return layout;
}

/// The bytes of a row of the picture, from the top.
const std::uint8_t* row_of(const std::string& bytes, const BmpLayout& layout, int rows, int y) {
  const int stored = layout.from_top ? y : rows - 1 - y;
  return reinterpret_cast<const std::uint8_t*>(bytes.data()) + layout.data_at +
         static_cast<std::size_t>(stored) * layout.row_bytes;
}

cv::Mat bmp_indices(const std::string& bytes, const BmpLayout& layout, Extent size) {
  cv::Mat indices(static_cast<int>(size.height), static_cast<int>(size.width), CV_8UC1);
  const std::uint32_t bits = layout.bits, in_byte = 8 / bits, mask = (1U << bits) - 1;
  for (int y = 0; y < indices.rows; ++y) {
    const std::uint8_t* const from = row_of(bytes, layout, indices.rows, y);
    std::uint8_t* const to = indices.ptr(y);
    for (std::uint32_t x = 0; x < static_cast<std::uint32_t>(indices.cols); ++x)
      to[x] = static_cast<std::uint8_t>(from[x / in_byte] >> (bits * (in_byte - 1 - x % in_byte)) & mask);
  }
  return indices;
}

/// A number of any bits as one of eight, rounded to the nearest: all bits set are 255.
std::uint8_t level_of(std::uint32_t pixel, std::uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  const std::uint64_t largest = mask >> shift, value = (pixel & mask) >> shift;
  return static_cast<std::uint8_t>((value * 255 + largest / 2) / largest);
}

}  // namespace

std::uint32_t bmp_bits(const std::string& bytes, const std::string& cannot) {
  const bool old = little_number(bytes, kHeaderAt, 4, cannot) == kOldHeader;
  return little_number(bytes, old ? 24 : 28, 2, cannot);
}

cv::Mat read_bmp_of_16_bits(const std::string& bytes, Extent size, const std::string& cannot) {
  const BmpLayout layout = bmp_layout(bytes, size, cannot);
  const std::size_t channels = layout.masks[3] == 0 ? 3 : 4;
  cv::Mat picture(static_cast<int>(size.height), static_cast<int>(size.width),
                  CV_8UC(static_cast<int>(channels)));
  for (int y = 0; y < picture.rows; ++y) {
    const std::uint8_t* from = row_of(bytes, layout, picture.rows, y);
    std::uint8_t* to = picture.ptr(y);
    for (int x = 0; x < picture.cols; ++x, from += 2, to += channels) {
      const std::uint32_t pixel = from[0] | std::uint32_t{from[1]} << 8;
      for (std::size_t c = 0; c < channels; ++c) to[c] = level_of(pixel, layout.masks[c]);
    }
  }
  return picture;
}

cv::Mat read_bmp_labels(const std::string& bytes, Extent size, const std::string& cannot) {
  if (bmp_bits(bytes, cannot) > 8) throw FormatError(cannot + "a BMP mask must have a palette");
  return bmp_indices(bytes, bmp_layout(bytes, size, cannot), size);
}

}  // namespace fathom::image
