#include "fathom/image/format.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

#include "fathom/core/error.hpp"
#include "fathom/core/names.hpp"
#include "fathom/core/text.hpp"
#include "fathom/image/formats/signature.hpp"
#include "fathom/image/netpbm.hpp"
#include "fathom/io/file.hpp"
#include "fathom/io/gzip.hpp"

namespace fathom::image {
namespace {

/// The bytes of a file; reading beyond their end throws, so no header can lead outside.
class Bytes {
 public:
  Bytes(std::string_view bytes, const std::string& cannot) : bytes_(bytes), cannot_(cannot) {}

  std::size_t size() const { return bytes_.size(); }

  std::string_view text(std::size_t at, std::size_t length) const {
    if (at > size() || length > size() - at) {
      throw FormatError(
          fmt::format("{}file ends after {} bytes (interrupted copy?)", cannot_, grouped(size())));
    }
    return bytes_.substr(at, length);
  }
  bool starts_with(std::string_view start, std::size_t at = 0) const {
    return at <= size() && bytes_.substr(at).starts_with(start);
  }
  std::uint32_t byte(std::size_t at) const { return static_cast<std::uint8_t>(text(at, 1)[0]); }
  std::uint32_t big16(std::size_t at) const { return byte(at) << 8 | byte(at + 1); }
  std::uint32_t big32(std::size_t at) const { return big16(at) << 16 | big16(at + 2); }
  std::uint32_t little16(std::size_t at) const { return byte(at) | byte(at + 1) << 8; }
  std::uint32_t little24(std::size_t at) const { return little16(at) | byte(at + 2) << 16; }
  std::uint32_t little32(std::size_t at) const { return little16(at) | little16(at + 2) << 16; }

  bool contains(std::string_view what, std::size_t from) const {
    return bytes_.find(what, from) != std::string_view::npos;
  }
  /// Throws unless `length` bytes lie from `at` on, which a codec would otherwise find out with words of its
  /// own on stderr.
  void require(std::uint64_t at, std::uint64_t length) const {
    if (at > size() || length > size() - at) {
      fail(fmt::format("file ends after {} of {} bytes (interrupted copy?)", grouped(size()),
                       grouped(at + length)));
    }
  }
  [[noreturn]] void fail(const std::string& reason) const { throw FormatError(cannot_ + reason); }

 private:
  std::string_view bytes_;
  const std::string& cannot_;
};

/// Throws unless the file has `least` bytes, the fewest that a picture of this size can be packed in: a short
/// file must not have a large picture allocated.
void require_packed(const Bytes& file, Extent size, std::uint64_t least) {
  if (least <= file.size()) return;
  file.fail(fmt::format("its header declares {}x{} pixels, more than {} bytes can hold", size.width,
                        size.height, grouped(file.size())));
}

/// Numbers of a TIFF file, or of EXIF data, which are laid out alike.
struct TiffReader {
  const Bytes& file;
  bool little = file.byte(0) == 'I';

  std::uint32_t two(std::size_t at) const { return little ? file.little16(at) : file.big16(at); }
  std::uint32_t four(std::size_t at) const { return little ? file.little32(at) : file.big32(at); }
};

constexpr std::string_view kExifName{"Exif\0\0", 6};

/// EXIF 2.3, tag 274: 1 (upright) to 8; 1 if the data do not say, or are damaged.
int exif_orientation(std::string_view data) {
  constexpr std::uint32_t kOrientation = 274, kShort = 3, kLong = 4;
  if (data.starts_with(kExifName)) data.remove_prefix(kExifName.size());
  if (!is_tiff(data)) return 1;
  const std::string nobody_reads_it;
  const Bytes bytes(data, nobody_reads_it);
  const TiffReader exif{bytes};
  try {
    const std::size_t list = exif.four(4);
    for (std::size_t entry = list + 2, left = exif.two(list); left > 0; entry += 12, --left) {
      if (exif.two(entry) != kOrientation) continue;
      const std::uint32_t type = exif.two(entry + 2);
      const std::uint32_t value = type == kShort  ? exif.two(entry + 8)
                                  : type == kLong ? exif.four(entry + 8)
                                                  : 1;
      return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    }
  } catch (const FormatError&) {
  }
  return 1;
}

constexpr std::string_view kPngSignature{"\x89PNG\r\n\x1a\n", 8};

/// Bytes that the rows of a PNG fill before they are packed.
std::uint64_t png_raw_bytes(const Bytes& file) {
  static constexpr std::uint64_t samples[] = {1, 0, 3, 1, 2, 0, 4};  // of a pixel, by colour type
  const std::uint64_t width = file.big32(16), height = file.big32(20), depth = file.byte(24),
                      type = file.byte(25);
  if (type > 6 || samples[type] == 0 || depth > 16) file.fail("its PNG header is damaged");
  return height * ((width * depth * samples[type] + 7) / 8);
}

/// PNG (https://www.w3.org/TR/png-3/): chunks of a length, a name, data and a CRC-32 of name and data.
Promise png(const Bytes& file) {
  Promise promise{.format = Format::png};
  bool first = true;
  for (std::size_t at = kPngSignature.size();;) {
    const std::uint64_t length = file.big32(at);
    const std::string_view name = file.text(at + 4, 4);
    const std::string_view body = file.text(at + 4, length + 4);
    const std::uint64_t sum =
        crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    if (sum != file.big32(at + 8 + length))
      file.fail(fmt::format("damaged at byte {} (wrong checksum)", grouped(at)));
    if (first && (name != "IHDR" || length != 13)) file.fail("its PNG header is damaged");
    if (first) promise.size = {file.big32(20), file.big32(16)};
    first = false;
    if (name == "tRNS") {
      promise.has_alpha = true;
      if (file.byte(24) > 16) file.fail("its PNG header is damaged");
      if (file.byte(25) == 0 && length != 2) file.fail("its PNG transparency is damaged");
      if (file.byte(25) == 0) promise.transparent_grey = file.big16(at + 8) & ((1U << file.byte(24)) - 1);
    }
    if (name == "eXIf") promise.orientation = exif_orientation(body.substr(4));
    if (name == "acTL" && length == 8) promise.frames = file.big32(at + 8);
    if (name == "IEND") break;
    at += length + 12;
  }
  const std::uint32_t type = file.byte(25);
  promise.bits = file.byte(24);
  promise.has_alpha |= type == 4 || type == 6;
  promise.grey = type == 0 || type == 4;
  require_packed(file, promise.size, png_raw_bytes(file) / io::kLargestDeflateRatio);
  return promise;
}

/// JPEG (ITU-T T.81, annex B): segments of a mark and a length; a frame header SOFn holds the size.
Promise jpeg(const Bytes& file) {
  int orientation = 1;
  for (std::size_t at = 2;;) {
    if (file.byte(at) != 0xff) file.fail(fmt::format("damaged at byte {} (no JPEG marker)", grouped(at)));
    const std::uint32_t mark = file.byte(at + 1);
    if (mark == 0xff || mark == 0x01 ||
        (mark >= 0xd0 && mark <= 0xd8)) {  // a fill byte; marks without a segment
      at += mark == 0xff ? 1 : 2;
      continue;
    }
    if (mark == 0xd9 || mark == 0xda) file.fail("its JPEG header has no size");
    const bool frame = mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc;
    const std::uint32_t length = file.big16(at + 2);
    if (frame) {
      const Promise promise{.format = Format::jpeg,
                            .size = {file.big16(at + 5), file.big16(at + 7)},
                            .orientation = orientation};
      // Within coded data 0xff is always followed by 0x00 or a restart mark, so this is the end and nothing
      // else.
      if (!file.contains("\xff\xd9", at + 2 + length)) {
        file.fail(fmt::format("truncated after {} bytes, the end marker is missing (interrupted copy?)",
                              grouped(file.size())));
      }
      // Of each block of 8x8 pixels at least a bit is kept. (Arithmetic coding, which cameras do not write
      // and browsers do not read, could pack a blank page tighter.)
      require_packed(file, promise.size, std::uint64_t{file.big16(at + 5)} * file.big16(at + 7) / (8 * 64));
      return promise;
    }
    if (mark == 0xe1 && length > 2 && orientation == 1 && file.starts_with(kExifName, at + 4))
      orientation = exif_orientation(file.text(at + 4, length - 2));
    at += 2 + length;
  }
}

/// The extended form of WebP: chunks of a name, a length and data, padded to an even length. The first says
/// how large the whole is.
Promise extended_webp(const Bytes& file, std::uint64_t length) {
  constexpr std::uint32_t kHasAlpha = 0x10;
  Promise promise{.format = Format::webp,
                  .size = {file.little24(27) + 1, file.little24(24) + 1},
                  .has_alpha = (file.byte(20) & kHasAlpha) != 0};
  for (std::uint64_t at = 12; at + 8 <= length;) {
    const std::string_view name = file.text(at, 4);
    const std::uint64_t size = file.little32(at + 4);
    if (size > length - at - 8) break;
    if (name == "ANMF") ++promise.frames;
    if (name == "EXIF") promise.orientation = exif_orientation(file.text(at + 8, size));
    at += 8 + size + size % 2;
  }
  return promise;
}

/// WebP (https://developers.google.com/speed/webp/docs/riff_container).
Promise webp(const Bytes& file) {
  const std::uint64_t length = std::uint64_t{file.little32(4)} + 8;
  file.require(0, length);
  if (file.starts_with("VP8X", 12)) return extended_webp(file, length);
  if (file.starts_with("VP8L", 12)) {
    const std::uint32_t bits = file.little32(21);
    return {.format = Format::webp,
            .size = {((bits >> 14) & 0x3fff) + 1, (bits & 0x3fff) + 1},
            .has_alpha = (bits & 0x10000000) != 0};
  }
  return {.format = Format::webp, .size = {file.little16(28) & 0x3fff, file.little16(26) & 0x3fff}};
}

/// GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt): a screen, then blocks; pictures lie on the screen.
Promise gif(const Bytes& file) {
  constexpr std::uint32_t kExtension = 0x21, kPicture = 0x2c, kEnd = 0x3b;
  // A code of 12 bits, the longest, gives 4094 pixels at most.
  constexpr std::uint64_t kLargestRatio = 4094 * 8 / 12;
  const auto palette = [&](std::uint32_t flags) {
    return (flags & 0x80) != 0 ? 3U << (1 + (flags & 7)) : 0U;
  };
  Promise promise{.format = Format::gif, .size = {file.little16(8), file.little16(6)}};
  std::size_t at = 13 + palette(file.byte(10));
  while (promise.frames == 0 || at < file.size()) {  // many files do not have the end's mark
    const std::uint32_t mark = file.byte(at++);
    if (mark != kExtension && mark != kPicture) {
      if (mark != kEnd && promise.frames == 0) file.fail(fmt::format("damaged at byte {}", grouped(at - 1)));
      break;
    }
    if (mark == kPicture && ++promise.frames == 1) {
      promise.size.height =
          std::max<std::int64_t>(promise.size.height, file.little16(at + 2) + file.little16(at + 6));
      promise.size.width =
          std::max<std::int64_t>(promise.size.width, file.little16(at) + file.little16(at + 4));
    }
    at += mark == kPicture ? 10 + palette(file.byte(at + 8)) : 1;
    while (const std::uint32_t length = file.byte(at)) at += 1 + length;
    ++at;
  }
  if (promise.frames == 0) file.fail("the file has no picture");
  require_packed(file, promise.size,
                 static_cast<std::uint64_t>(promise.size.height * promise.size.width) / kLargestRatio);
  return promise;
}

Promise bmp(const Bytes& file) {
  if (file.little32(14) == 12)  // OS/2
    return {.format = Format::bmp, .size = {file.little16(20), file.little16(18)}};
  const std::int64_t width = static_cast<std::int32_t>(file.little32(18));
  const std::int64_t height =
      std::abs(std::int64_t{static_cast<std::int32_t>(file.little32(22))});  // negative: rows from the top
  const std::uint64_t bits = file.little16(28);
  if (width < 1 || bits > 32) file.fail("its BMP header is damaged");
  const bool packed = file.little32(30) != 0;
  const std::uint64_t row = (static_cast<std::uint64_t>(width) * bits + 31) / 32 * 4;  // padded to four bytes
  if (!packed) file.require(file.little32(10), static_cast<std::uint64_t>(height) * row);
  // Headers of 56 bytes and more (versions 3 to 5) say which bits are red, green, blue and opacity.
  constexpr std::uint32_t kBitFields = 3, kVersionWithAlpha = 56;
  const bool has_alpha = bits == 32 && file.little32(30) == kBitFields &&
                         file.little32(14) >= kVersionWithAlpha && file.little32(66) != 0;
  return {.format = Format::bmp, .size = {height, width}, .has_alpha = has_alpha};
}

/// How many bytes a byte of TIFF data can hold at most; 0 where that is not known, as of fax pages.
std::uint64_t tiff_ratio(std::uint32_t compression) {
  constexpr std::uint64_t none = 1, pack_bits = 64;
  constexpr std::uint64_t lzw =
      1363;  // codes of 9 to 12 bits for 1, 2, 3, ... 3837 bytes, then the table is full
  switch (compression) {
    case 1:
      return none;
    case 5:
      return lzw;
    case 8:
    case 32946:
      return io::kLargestDeflateRatio;
    case 32773:
      return pack_bits;
    default:
      return 0;
  }
}

/// TIFF 6.0: a list of tags; 256 is the width, 257 the height, 258 the bits of a sample, 259 the compression,
/// 274 the orientation.
Promise tiff(const Bytes& file) {
  const TiffReader tags{file};
  Promise promise{.format = Format::tiff};
  std::uint32_t bits = 1, compression = 1;
  const std::size_t list = tags.four(4);
  for (std::size_t entry = list + 2, left = tags.two(list); left > 0; entry += 12, --left) {
    const std::uint32_t tag = tags.two(entry), type = tags.two(entry + 2);
    const std::uint32_t value = type == 3 ? tags.two(entry + 8) : tags.four(entry + 8);  // 3: 16 bits
    if (tag == 256) promise.size.width = value;
    if (tag == 257) promise.size.height = value;
    if (tag == 259) compression = value;
    // One number per channel, of which more than two do not fit into the entry.
    if (tag == 258) bits = tags.two(tags.four(entry + 4) > 2 ? tags.four(entry + 8) : entry + 8);
    if (tag == 274 && value >= 1 && value <= 8) promise.orientation = static_cast<int>(value);
  }
  promise.bits = bits;
  // The first channel alone, since others may be kept at half the resolution. Where the product does not fit
  // 64 bits, the pixels are too many for any file.
  const std::uint64_t raw =
      std::uint64_t(promise.size.height) * ((std::uint64_t(promise.size.width) * bits + 7) / 8);
  if (const std::uint64_t ratio = tiff_ratio(compression)) require_packed(file, promise.size, raw / ratio);
  return promise;
}

}  // namespace

std::string to_string(Format format) {
  static constexpr Names<Format, 7> kFormats = {{{Format::png, "PNG"},
                                                 {Format::jpeg, "JPEG"},
                                                 {Format::webp, "WebP"},
                                                 {Format::gif, "GIF"},
                                                 {Format::bmp, "BMP"},
                                                 {Format::tiff, "TIFF"},
                                                 {Format::netpbm, "Netpbm"}}};
  return name_of(kFormats, format);
}

bool is_picture(const std::string& first_bytes) {
  const std::string_view bytes = first_bytes;
  if (bytes.starts_with(kPngSignature) || bytes.starts_with("\xff\xd8\xff") || is_webp(bytes) ||
      is_gif(bytes) || is_tiff(bytes))
    return true;
  // Two letters are not enough: words begin with them.
  if (bytes.starts_with("BM")) {
    constexpr int kHeaderSizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    return bytes.size() >= 18 && bytes.substr(15, 3) == std::string_view("\0\0\0", 3) &&
           std::find(std::begin(kHeaderSizes), std::end(kHeaderSizes), bytes[14]) != std::end(kHeaderSizes);
  }
  if (is_netpbm(bytes)) {
    const std::size_t next = bytes.find_first_not_of(" \t\r\n", 2);
    return next > 2 && next < bytes.size() &&
           (bytes[1] == '7' ? bytes[2] == '\n'
                            : bytes[next] == '#' || (bytes[next] >= '0' && bytes[next] <= '9'));
  }
  const auto other = other_kind(bytes);
  return other && other->is_picture;
}

Promise promised(const std::string& bytes, const std::string& cannot) {
  const Bytes file(bytes, cannot);
  if (bytes.empty()) file.fail("file is empty");
  if (file.starts_with(kPngSignature)) return png(file);
  if (file.starts_with("\xff\xd8\xff")) return jpeg(file);
  if (is_webp(bytes)) return webp(file);
  if (file.starts_with("BM")) return bmp(file);
  if (is_tiff(bytes)) return tiff(file);
  if (is_gif(bytes)) return gif(file);
  if (is_netpbm(bytes)) {
    const NetpbmHeader header = netpbm_header(bytes, cannot);
    return {.format = Format::netpbm,
            .size = header.size,
            .bits = static_cast<std::uint32_t>(std::bit_width(static_cast<std::uint64_t>(header.largest)))};
  }
  if (const auto other = other_kind(bytes)) file.fail(fmt::format("it is {}", other->what));
  file.fail("not a picture (PNG, JPEG, WebP, GIF, BMP, TIFF, PBM, PGM, PPM and PAM are supported)");
}

}  // namespace fathom::image
